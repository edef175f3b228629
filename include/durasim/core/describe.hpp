// BOOST_DESCRIBE_STRUCT, BOOST_DESCRIBE_CLASS and BOOST_DESCRIBE_ENUM, by which user types become
// convertible to payloads (core/convert.hpp). The one header of durasim that includes a third
// party. It takes only the macros: boost/describe/members.hpp brings Boost.Mp11 into every user's
// file, a tenth of a second each, so core/described_members.hpp asks for what the macros declare
// itself.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
