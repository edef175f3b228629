// CreateMultipartUpload, UploadPart, CompleteMultipartUpload, and what is left when one of them did
// not happen.
#include "s3/multipart.hpp"

#include "s3/signature.hpp"

#include <fmt/format.h>
#include <tinyxml2.h>

#include <algorithm>
#include <charconv>

namespace durasim::inline v0::s3 {
namespace {

constexpr int kRounds = 3;
constexpr int kMaxPages = 100;  // of a list; S3 has 1,000 entries on one

std::string text_of(const tinyxml2::XMLElement& parent, const char* name) {
  const tinyxml2::XMLElement* element = parent.FirstChildElement(name);
  const char* text = element != nullptr ? element->GetText() : nullptr;
  return text != nullptr ? text : "";
}

std::uint64_t number_of(const tinyxml2::XMLElement& parent, const char* name) {
  const std::string text = text_of(parent, name);
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// The root of a document that must have such an element. Roots go by several names among servers.
const tinyxml2::XMLElement& root_of(tinyxml2::XMLDocument& document, const Answer& answer,
                                    const char* element, const std::string& key) {
  const std::string& body = answer.http.body;
  const bool parsed = document.Parse(body.data(), body.size()) == tinyxml2::XML_SUCCESS;
  const tinyxml2::XMLElement* root = parsed ? document.RootElement() : nullptr;
  if (root == nullptr || text_of(*root, element).empty())
    throw FormatError(fmt::format("S3 {}: an answer of the server has no {}", key, element));
  return *root;
}

std::string etag_of(const Answer& answer, const std::string& key) {
  std::string etag = answer.http.header("etag");
  if (etag.empty()) throw FormatError(fmt::format("S3 {}: the server gave a part no ETag", key));
  return etag;
}

}  // namespace

void MultipartUpload::run(const std::function<bool()>& is_there) const {
  for (int round = 1; round <= kRounds; ++round) {
    if (round > 1 && is_there()) return sweep();
    Parts parts;
    const std::string upload = begin_or_join(parts);
    try {
      if (send_and_complete(upload, std::move(parts))) return sweep();
    } catch (...) {
      abort(upload);
      throw;
    }
  }
  throw UnavailableError(fmt::format("S3 {}: its uploads were aborted {} times by somebody else",
                                     client_.name_of(key_), kRounds));
}

void MultipartUpload::sweep() const {
  for (const std::string& upload : uploads()) abort(upload);
}

// Oldest first.
std::vector<std::string> MultipartUpload::uploads() const {
  std::vector<std::string> ids;
  Operation list{.name = "ListMultipartUploads",
                 .method = "GET",
                 .query = {{"uploads", ""}, {"prefix", key_}}};
  for (int page = 0; page < kMaxPages; ++page) {
    tinyxml2::XMLDocument document;
    const Answer answer = client_.call(list);
    const auto& root = root_of(document, answer, "Bucket", client_.name_of(key_));
    for (auto* upload = root.FirstChildElement("Upload"); upload != nullptr;
         upload = upload->NextSiblingElement("Upload")) {
      if (text_of(*upload, "Key") == key_) ids.push_back(text_of(*upload, "UploadId"));
    }
    if (text_of(root, "IsTruncated") != "true") break;
    list.query["key-marker"] = text_of(root, "NextKeyMarker");
    list.query["upload-id-marker"] = text_of(root, "NextUploadIdMarker");
  }
  return ids;
}

std::string MultipartUpload::begin_or_join(Parts& parts) const {
  for (const std::string& upload : uploads()) {
    const std::optional<Parts> there = parts_of(upload);
    if (there && fits(*there)) {
      parts = *there;
      return upload;
    }
    abort(upload);  // of another size of parts
  }
  const Answer answer = client_.call({.name = "CreateMultipartUpload",
                                      .method = "POST",
                                      .key = key_,
                                      .query = {{"uploads", ""}},
                                      .headers = {{"x-amz-checksum-algorithm", "SHA256"}}});
  tinyxml2::XMLDocument document;
  return text_of(root_of(document, answer, "UploadId", client_.name_of(key_)), "UploadId");
}

// Nothing when there is no such upload any more.
std::optional<MultipartUpload::Parts> MultipartUpload::parts_of(const std::string& upload) const {
  Parts parts;
  Operation list{
      .name = "ListParts", .method = "GET", .key = key_, .query = {{"uploadId", upload}}};
  for (int page = 0; page < kMaxPages; ++page) {
    tinyxml2::XMLDocument document;
    const Answer answer = client_.call(list);
    if (!answer.ok()) return {};
    const auto& root = root_of(document, answer, "UploadId", client_.name_of(key_));
    for (auto* part = root.FirstChildElement("Part"); part != nullptr;
         part = part->NextSiblingElement("Part")) {
      parts[number_of(*part, "PartNumber")] = {.etag = text_of(*part, "ETag"),
                                               .sha256 = text_of(*part, "ChecksumSHA256"),
                                               .size = number_of(*part, "Size")};
    }
    if (text_of(root, "IsTruncated") != "true") break;
    list.query["part-number-marker"] = text_of(root, "NextPartNumberMarker");
  }
  return parts;
}

bool MultipartUpload::fits(const Parts& parts) const {
  return std::ranges::all_of(parts, [this](const auto& part) {
    const auto& [number, is] = part;
    return number >= 1 && number <= content_.part_count() &&
           is.size == content_.part_size(number - 1);
  });
}

// False when the upload is not there any more, or somebody else's parts took the place of ours.
bool MultipartUpload::send_and_complete(const std::string& upload, Parts parts) const {
  for (std::size_t number = 1; number <= content_.part_count(); ++number) {
    if (parts[number].sha256 == base64(content_.part_digest(number - 1))) continue;
    const std::optional<Part> sent = send(upload, number);
    if (!sent) return false;
    parts[number] = *sent;
  }
  return complete(upload, parts);
}

std::optional<MultipartUpload::Part> MultipartUpload::send(const std::string& upload,
                                                           std::size_t number) const {
  const ByteView bytes = content_.part(number - 1);
  const Content::Digest& digest = content_.part_digest(number - 1);
  const Answer answer =
      client_.call({.name = fmt::format("UploadPart {}/{}", number, content_.part_count()),
                    .method = "PUT",
                    .key = key_,
                    .query = {{"partNumber", std::to_string(number)}, {"uploadId", upload}},
                    .headers = checksum_headers(digest),
                    .body = bytes,
                    .body_sha256 = hex(digest)});
  if (!answer.ok()) return {};
  return Part{.etag = etag_of(answer, client_.name_of(key_)),
              .sha256 = base64(digest),
              .size = bytes.size()};
}

bool MultipartUpload::complete(const std::string& upload, const Parts& parts) const {
  tinyxml2::XMLPrinter xml(nullptr, true);
  xml.OpenElement("CompleteMultipartUpload");
  const auto element = [&xml](const char* name, const std::string& text) {
    xml.OpenElement(name);
    xml.PushText(text.c_str());
    xml.CloseElement();
  };
  for (const auto& [number, part] : parts) {
    xml.OpenElement("Part");
    element("PartNumber", std::to_string(number));
    element("ETag", part.etag);
    element("ChecksumSHA256", part.sha256);
    xml.CloseElement();
  }
  xml.CloseElement();
  const Answer answer = client_.call({.name = "CompleteMultipartUpload",
                                      .method = "POST",
                                      .key = key_,
                                      .query = {{"uploadId", upload}},
                                      .headers = {{"content-type", "application/xml"}},
                                      .body = as_bytes(xml.CStr()),
                                      .expected_error = "InvalidPart"});
  return answer.ok();
}

// What can't be aborted now is found by the next put of the key.
void MultipartUpload::abort(const std::string& upload) const {
  try {
    (void)client_.call({.name = "AbortMultipartUpload",
                        .method = "DELETE",
                        .key = key_,
                        .query = {{"uploadId", upload}},
                        .last_word = true});
  } catch (const Error&) {
    return;
  }
}

}  // namespace durasim::inline v0::s3
