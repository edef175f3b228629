// The implementation of Boost.JSON: no Boost library is linked.
#include <boost/json/src.hpp>
