// BOOST_DESCRIBE_STRUCT and BOOST_DESCRIBE_ENUM, by which user types become convertible to payloads
// (core/convert.hpp). The one header of durasim that includes a third party, and only the two parts
// of Boost.Describe that need no other library.
#pragma once

#include <boost/describe/bases.hpp>
#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>
