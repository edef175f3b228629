// The implementation of Boost.JSON, compiled once into this library: no Boost library is linked.
// linked.
#include <boost/json/src.hpp>
