// The size check of payloads: data and metadata count, the message says whose payload it is.
#include "durasim/core/payload_limits.hpp"

#include "durasim/core/error.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

using namespace durasim;

TEST_CASE("a payload may be as large as the limit and no byte larger") {
  const Payload small{.metadata = {{"encoding", "x"}}, .data = "12345"};  // 14 bytes
  CHECK_NOTHROW(
      check_payload_sizes(std::vector{small, small}, {.max_payload_bytes = 14}, "argument"));
  CHECK_THROWS_WITH_AS(
      check_payload_sizes(std::vector{Payload{}, small}, {.max_payload_bytes = 13},
                          "workflow Digest (digest-1), argument"),
      "workflow Digest (digest-1), argument 2 has 14 bytes; the limit is 13: pass a reference to "
      "the data, or raise EngineLimits::max_payload_bytes",
      LimitError);
  CHECK(PayloadLimits{}.max_payload_bytes == 67'108'864);
}

}  // namespace
