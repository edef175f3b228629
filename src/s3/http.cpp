// libcurl's easy interface behind a pool of handles, each of which keeps its connection.
#include "s3/http.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <exception>
#include <utility>

namespace durasim::inline v0::s3 {

class Connection {
 public:
  Connection() : curl_(curl_easy_init()) {
    if (curl_ == nullptr) throw UnavailableError("libcurl could not be started");
  }
  ~Connection() { curl_easy_cleanup(curl_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  [[nodiscard]] CURL* get() const { return curl_; }

 private:
  CURL* curl_;
};

namespace {

// Whether another try may help, by what went wrong below HTTP.
bool is_transient_code(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      return true;
    default:
      return false;
  }
}

// One transfer's callbacks. No exception crosses libcurl: it is kept and thrown behind it.
class Transfer {
 public:
  Transfer(CURL* curl, const HttpRequest& request, const S3Options& options)
      : curl_(curl), request_(request), options_(options) {}
  ~Transfer() {
    curl_easy_reset(curl_);  // it forgets what lies here; the connection stays
    curl_slist_free_all(headers_);
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  HttpAnswer run() {
    set_up();
    const CURLcode code = curl_easy_perform(curl_);
    if (thrown_) std::rethrow_exception(thrown_);
    if (code == CURLE_ABORTED_BY_CALLBACK) throw CancelledError("S3: the transfer was cancelled");
    if (code != CURLE_OK) {
      answer_.failure = error_[0] != '\0' ? error_ : curl_easy_strerror(code);
      answer_.transient = is_transient_code(code);
    }
    answer_.status = status();
    curl_header* header = nullptr;
    while ((header = curl_easy_nextheader(curl_, CURLH_HEADER, -1, header)) != nullptr) {
      std::string name = header->name;
      for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
      answer_.headers[name] = header->value;
    }
    return std::move(answer_);
  }

 private:
  template <class Value>
  void set(CURLoption option, Value value) {
    if (curl_easy_setopt(curl_, option, value) == CURLE_OK) return;
    throw UnavailableError(
        fmt::format("this libcurl does not take its option {}", static_cast<int>(option)));
  }
  void set_up() {
    set(CURLOPT_ERRORBUFFER, error_);
    set(CURLOPT_URL, request_.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_PATH_AS_IS, 1L);  // the path is signed
    set(CURLOPT_NOSIGNAL, 1L);    // the host's signals are its own
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    if (!options_.ca_file.empty()) set(CURLOPT_CAINFO, options_.ca_file.c_str());
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);  // bytes/s
    set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(options_.stall_timeout.count()));
    set(CURLOPT_TIMEOUT, static_cast<long>(options_.request_timeout.count()));
    set(CURLOPT_USERAGENT, "durasim/" DURASIM_VERSION_STRING);
    set(CURLOPT_WRITEFUNCTION, &Transfer::on_body);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &Transfer::on_progress);
    set(CURLOPT_XFERINFODATA, this);
    set_method();
    for (const auto& [name, value] : request_.headers)
      add_header(fmt::format("{}: {}", name, value));
    // What libcurl would add by itself. "100 Continue" is not waited for.
    for (const char* without : {"Expect:", "Accept:", "Content-Type:"}) add_header(without);
    set(CURLOPT_HTTPHEADER, headers_);
  }
  void set_method() {
    if (request_.method == "HEAD") {
      set(CURLOPT_NOBODY, 1L);
    } else if (request_.method == "PUT" || request_.method == "POST") {
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
      set(CURLOPT_POSTFIELDS, request_.body.empty() ? "" : as_text(request_.body).data());
      set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
    } else {
      set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
    }
  }
  void add_header(const std::string& line) {
    curl_slist* longer = curl_slist_append(headers_, line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    headers_ = longer;
  }
  [[nodiscard]] int status() const {
    long status = 0;
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
    return static_cast<int>(status);
  }
  void take(ByteView piece) {
    const int now = status();
    if (request_.sink && now / 100 == 2) {
      request_.sink(now, piece);
      return;
    }
    if (answer_.body.size() + piece.size() > options_.max_answer_bytes) {
      throw LimitError(fmt::format("S3: the answer to {} is larger than the limit of {} bytes",
                                   request_.method, options_.max_answer_bytes));
    }
    answer_.body += as_text(piece);
  }

  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    try {
      transfer.take(as_bytes({data, size}));
      return size;
    } catch (...) {
      transfer.thrown_ = std::current_exception();
      return size + 1;  // not what came: libcurl ends the transfer
    }
  }
  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    const auto& transfer = *static_cast<const Transfer*>(self);
    return transfer.options_.stop.stop_requested() && !transfer.request_.ignore_stop ? 1 : 0;
  }

  CURL* curl_;
  const HttpRequest& request_;
  const S3Options& options_;
  HttpAnswer answer_;
  std::exception_ptr thrown_;
  curl_slist* headers_ = nullptr;
  char error_[CURL_ERROR_SIZE] = "";
};

}  // namespace

std::string libcurl_version() {
  return fmt::format("libcurl {}", curl_version_info(CURLVERSION_NOW)->version);
}

std::string HttpAnswer::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found != headers.end() ? found->second : std::string();
}

HttpClient::HttpClient(const S3Options& options) : options_(options) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);  // once, before any thread
  if (started != CURLE_OK) throw UnavailableError("libcurl could not be started");
}

HttpClient::~HttpClient() = default;

HttpAnswer HttpClient::exchange(const HttpRequest& request) const {
  std::unique_ptr<Connection> connection;
  {
    const std::scoped_lock lock(mutex_);
    if (!idle_.empty()) {
      connection = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (!connection) connection = std::make_unique<Connection>();
  HttpAnswer answer = Transfer(connection->get(), request, options_).run();
  const std::scoped_lock lock(mutex_);
  idle_.push_back(std::move(connection));
  return answer;
}

}  // namespace durasim::inline v0::s3
