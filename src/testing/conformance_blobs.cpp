// Conformance checks of contents that are kept once for all runs that use them.
#include "durasim/store/integrity.hpp"

#include "testing/conformance_check.hpp"

namespace durasim::inline v0::testing {

using namespace store;
using namespace std::string_view_literals;

namespace {

Transition start_with(std::string_view run_id, const std::vector<BlobRow>& blobs) {
  Transition start = start_of(run_id, std::string("id of ").append(run_id));
  start.blobs = blobs;
  return start;
}

bool as_it_is_or_refused(const Store& store, const BlobRow& blob) {
  try {
    return store.blob(blob.hash) == blob.bytes;
  } catch (const StoreDamaged&) {
    return true;
  }
}

void blobs_are_shared(Check& check) {
  const BlobRow shared = blob_of("of a and b");
  const BlobRow own = blob_of("only a's");
  const Transition a = start_with("a", {shared, own});
  Transition again = after(a);
  again.blobs = {own, shared, own};
  const Transition b = start_with("b", {shared});
  const Transition c = start_with("c", {shared});
  check.commit({a, again, b});
  check.commit(c);
  Store& store = check.store();
  Check::expect(store.blob(shared.hash) == shared.bytes && store.blob(own.hash) == own.bytes,
                "blobs are read by their hashes");
  Check::expect(!store.blob(blob_of("nobody's").hash), "a hash that nobody uses");
  check.commit({close_after(again, 5), close_after(b, 5), close_after(c, 5)});
  store.remove("a");
  Check::expect(!store.blob(own.hash), "what only the removed run used is gone");
  store.remove("b");
  Check::expect(store.blob(shared.hash) == shared.bytes, "what another run uses is there");
  store.remove("c");
  Check::expect(!store.blob(shared.hash), "what the last run used is gone with it");
  check.commit(start_with("d", {own, shared}));
  Check::expect(store.blob(shared.hash) == shared.bytes && store.blob(own.hash) == own.bytes,
                "what was gone can be put again");
}

void blobs_come_with_their_transition(Check& check) {
  const BlobRow shared = blob_of("shared");
  const BlobRow own = blob_of("own");
  const Transition a = start_with("a", {shared});
  check.commit(a);
  Transition stale = after(a);
  stale.expected_version = 7;
  const Transition b = start_with("b", {shared, own});
  check.rejected({b, stale}, "a group with blobs before a bad transition");
  stale.blobs = {own};
  check.rejected({stale, start_of("c", "id c")}, "a bad transition with a blob");
  Check::expect(!check.store().blob(own.hash), "a rejected group leaves no blob");
  check.commit(close_after(a, 5));
  check.store().remove("a");
  Check::expect(!check.store().blob(shared.hash), "a rejected group leaves no use of one");
}

void blobs_come_back(Check& check) {
  const BlobRow large = blob_of(std::string((std::size_t{1} << 20) + 7, '\xa7'));
  const BlobRow odd = blob_of(std::string("\0\n'\";--\xff\0"sv));
  const BlobRow empty = blob_of("");
  BlobRow damaged = blob_of("right");
  damaged.bytes = "wrong";
  check.commit(start_with("a", {large, odd, empty, damaged}));
  Store& store = check.store();
  for (const BlobRow& blob : {large, odd, empty}) {
    Check::expect(store.blob(blob.hash) == blob.bytes, "bytes of any number and kind");
  }
  Check::expect(as_it_is_or_refused(store, damaged), "bytes that are not their hash's");
  check.commit(start_with("b", {blob_of("right")}));
  Check::expect(store.blob(damaged.hash) == "right", "right bytes take the place of damaged ones");
}

void blobs_are_kept(Check& check) {
  const BlobRow shared = blob_of(std::string(100'000, 's'));
  const BlobRow gone = blob_of("gone");
  const Transition a = start_with("a", {shared, gone});
  const Transition b = start_with("b", {shared});
  check.commit({a, close_after(a, 3), b});
  check.reopen();
  Check::expect(check.store().blob(gone.hash) == gone.bytes, "blobs are there");
  check.store().remove("a");
  check.reopen();
  Check::expect(check.store().blob(shared.hash) == shared.bytes, "uses are there");
  Check::expect(!check.store().blob(gone.hash), "what was removed stays removed");
  check.commit(close_after(b, 4));
  check.store().remove("b");
  Check::expect(!check.store().blob(shared.hash), "the last use ends");
}

constexpr NamedCheck kBlobChecks[] = {
    {"a blob is kept while a run uses it", blobs_are_shared},
    {"a blob comes with its transition", blobs_come_with_their_transition},
    {"a blob comes back as it was written", blobs_come_back},
    {"reopening keeps blobs", blobs_are_kept, true},
};

}  // namespace

std::span<const NamedCheck> blob_checks() {
  return kBlobChecks;
}

}  // namespace durasim::inline v0::testing
