// The implementation of Boost.JSON, compiled once into this library so that no Boost library is linked.
#include <boost/json/src.hpp>
