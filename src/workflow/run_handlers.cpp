// Signals and queries of a run: buffers, handlers, answers, and what durasim answers itself.
#include "durasim/core/convert.hpp"
#include "durasim/core/error.hpp"
#include "durasim/core/failure_message.hpp"
#include "durasim/core/json.hpp"

#include "workflow/run_impl.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace durasim::inline v0::detail {

// ---- signals -----------------------------------------------------------------------------------

void RunImpl::apply(const SignalWorkflow& job) {
  if (closed_) return;
  auto& channel = this->channel(job.signal_name, false);
  channel.buffer.push_back({.order = next_signal_++, .input = job.input});
  if (channel.handler) {
    deliver(job.signal_name, channel, *channel.handler);
  } else if (other_signals_ && !channel.opened) {
    deliver(job.signal_name, channel, *other_signals_);
  } else {
    hand_over(channel);
  }
}

Channel& RunImpl::channel(std::string_view name, bool open) {
  auto found = channels_.find(name);
  if (found == channels_.end()) {
    found = channels_.try_emplace(std::string(name)).first;
    found->second.name = found->first;
  }
  found->second.opened |= open;
  return found->second;
}

std::size_t RunImpl::buffered(const Channel& channel) const {
  return channel.buffer.size();
}

// Starts the handler for each buffered signal.
void RunImpl::deliver(const std::string& name, Channel& channel, SignalHandler& handler) {
  const Ref<SignalHandler> kept(&handler);
  while (!channel.buffer.empty()) {
    const auto signal = std::move(channel.buffer.front());
    channel.buffer.pop_front();
    try {
      handler.handle(name, signal.input);
    } catch (const Failure& failure) {
      drop_malformed(channel, failure.what());
    }
  }
}

// Gives buffered signals to those who wait for them.
void RunImpl::hand_over(Channel& channel) {
  while (!channel.buffer.empty() && channel.receivers.linked()) {
    auto& receiver = static_cast<ReceivePending&>(*channel.receivers.next());
    auto signal = std::move(channel.buffer.front());
    channel.buffer.pop_front();
    std::string why;
    if (!receiver.offer(signal, why)) drop_malformed(channel, why);
  }
}

void RunImpl::drop_malformed(const Channel& channel, const std::string& why) {
  logger_.warning(
      fmt::format("{} {}: a signal {} was dropped, since its content is not of the "
                  "signal's type: {}",
                  workflow_type_, info_.workflow_id, channel.name, why));
}

void RunImpl::receive(Channel& channel, ReceivePending& receiver, Duration timeout) {
  require_writable("receive a signal");
  const Ref<ReceivePending> kept(&receiver);
  if (inert(receiver.scope())) {
    receiver.give_up(receiver.scope().reason());
    return;
  }
  // Behind those who wait already; they have had everything that was buffered.
  receiver.Link<ReceiverTag>::insert_before(channel.receivers);
  hand_over(channel);
  if (receiver.resolved() || timeout == Duration::max()) return;
  if (timeout <= Duration::zero()) {
    receiver.timed_out();
  } else {
    receiver.arm(timeout);
  }
}

void RunImpl::put_back(Channel& channel, BufferedSignal signal) {
  if (closed_ || evicted_) return;
  const auto later = std::find_if(channel.buffer.begin(), channel.buffer.end(),
                                  [&](const auto& other) { return other.order > signal.order; });
  channel.buffer.insert(later, std::move(signal));
  hand_over(channel);
}

bool RunImpl::take_buffered(Channel& channel,
                            const std::function<void(const PayloadList&)>& decode) {
  require_writable("receive a signal");
  while (!channel.buffer.empty()) {
    const auto signal = std::move(channel.buffer.front());
    channel.buffer.pop_front();
    try {
      decode(signal.input);
      return true;
    } catch (const Failure& failure) {
      drop_malformed(channel, failure.what());
    }
  }
  return false;
}

void RunImpl::set_signal_handler(std::string_view name, Ref<SignalHandler> handler,
                                 HandlerOptions options) {
  require_writable("register a handler");
  if (closed_ || evicted_) return;
  auto& channel = this->channel(name, false);
  channel.handler = handler;
  channel.handler_owner = owner_of_handler(options);
  deliver(std::string(name), channel, *handler);
}

void RunImpl::set_other_signals_handler(Ref<SignalHandler> handler, HandlerOptions options) {
  require_writable("register a handler");
  if (closed_ || evicted_) return;
  other_signals_ = handler;
  other_signals_owner_ = owner_of_handler(options);
  // In the order of arrival, across the names.
  for (;;) {
    std::pair<const std::string, Channel>* oldest = nullptr;
    for (auto& entry : channels_) {
      auto& [name, channel] = entry;
      if (channel.opened || channel.handler || channel.buffer.empty()) continue;
      if (!oldest || channel.buffer.front().order < oldest->second.buffer.front().order) {
        oldest = &entry;
      }
    }
    if (!oldest) return;
    std::list<BufferedSignal> later;
    auto& buffer = oldest->second.buffer;
    later.splice(later.begin(), buffer, std::next(buffer.begin()), buffer.end());
    deliver(oldest->first, oldest->second, *handler);
    buffer.splice(buffer.end(), later);
  }
}

std::vector<SignalWorkflow> RunImpl::take_unhandled_signals() {
  require_writable("take signals");
  std::vector<std::pair<std::uint64_t, SignalWorkflow>> all;
  for (auto& [name, channel] : channels_) {
    for (auto& signal : channel.buffer) {
      all.emplace_back(
          signal.order,
          SignalWorkflow{.signal_name = name, .input = std::move(signal.input), .identity = {}});
    }
    channel.buffer.clear();
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<SignalWorkflow> signals;
  signals.reserve(all.size());
  for (auto& entry : all) signals.push_back(std::move(entry.second));
  return signals;
}

// ---- handlers and the coroutines that registered them ------------------------------------------

PromiseBase* RunImpl::owner_of_handler(HandlerOptions options) {
  if (options.outlives_coroutine || !current_) return nullptr;
  ++current_->handlers;
  return current_;
}

void RunImpl::forget_handlers(PromiseBase& owner) {
  if (owner.handlers == 0) return;
  for (auto& [name, channel] : channels_) {
    if (channel.handler_owner != &owner) continue;
    channel.handler = {};
    channel.handler_owner = nullptr;
  }
  if (other_signals_owner_ == &owner) {
    other_signals_ = {};
    other_signals_owner_ = nullptr;
  }
  for (auto& [name, query] : queries_) {
    if (query.owner != &owner) continue;
    query.answer = {};
    query.owner = nullptr;
    query.gone = !query.kept;
  }
}

void RunImpl::keep_answers(PromiseBase& owner) {
  const auto before = std::exchange(read_only_, ReadOnly::Query);
  for (auto& [name, query] : queries_) {
    if (query.owner != &owner || query.has_arguments) continue;
    try {
      query.kept = query.answer({});
    } catch (...) {
      query.kept.reset();  // asked later, it will say that it is gone
    }
  }
  read_only_ = before;
}

// ---- queries -----------------------------------------------------------------------------------

void RunImpl::set_query_handler(std::string_view name, QueryFunction answer, bool has_arguments,
                                HandlerOptions options) {
  require_writable("register a handler");
  if (closed_ || evicted_) return;
  auto& query = queries_[std::string(name)];
  query = Query{.answer = std::move(answer),
                .owner = owner_of_handler(options),
                .has_arguments = has_arguments,
                .kept = {},
                .gone = false};
}

void RunImpl::apply(const QueryWorkflow& job) {
  QueryResultCommand command{.query_id = job.query_id, .outcome = {}};
  const auto before = std::exchange(read_only_, ReadOnly::Query);
  try {
    command.outcome = answer(job);
  } catch (...) {
    command.outcome = to_failure(std::current_exception());
  }
  read_only_ = before;
  commands_.emplace_back(std::move(command));  // also of a run that has closed
}

PayloadList RunImpl::answer(const QueryWorkflow& job) {
  if (job.query_type == "__stack_trace") return to_payloads(stack_trace());
  if (job.query_type == "__temporal_workflow_metadata") {
    Payload payload;
    payload.metadata = {{"encoding", "json/protobuf"},
                        {"messageType", "temporal.api.sdk.v1.WorkflowMetadata"}};
    payload.data = metadata_json();
    return {std::move(payload)};
  }
  const auto found = queries_.find(job.query_type);
  if (found == queries_.end()) {
    throw ApplicationFailure(fmt::format("{} answers no query {}; it knows: {}", workflow_type_,
                                         job.query_type, known_queries()),
                             {.type = "UnknownQuery", .non_retryable = true});
  }
  auto& query = found->second;
  if (query.kept) return *query.kept;
  if (query.gone) {
    throw ApplicationFailure(
        fmt::format("query {} can no longer be answered: the coroutine that registered it has "
                    "ended, and with it the locals that the handler may refer to. A handler that "
                    "needs none is registered with .outlives_coroutine = true",
                    job.query_type),
        {.type = "QueryHandlerGone", .non_retryable = true});
  }
  return query.answer(job.arguments);
}

std::string RunImpl::known_queries() const {
  std::string names;
  for (const auto& [name, query] : queries_) names += name + ", ";
  return names + "__stack_trace, __temporal_workflow_metadata";
}

// Each suspended branch from the inside out, the oldest first.
std::string RunImpl::stack_trace() const {
  std::set<const PromiseBase*> waiting_for_a_part;  // looked up, never listed
  for (const auto* link = live_.next(); link != &live_; link = link->next()) {
    waiting_for_a_part.insert(static_cast<const PromiseBase*>(link)->parent());
  }
  std::string text;
  for (const auto* link = live_.next(); link != &live_; link = link->next()) {
    const auto* promise = static_cast<const PromiseBase*>(link);
    if (waiting_for_a_part.contains(promise) || promise->handle().done()) continue;
    if (!text.empty()) text += '\n';
    for (; promise; promise = promise->parent()) {
      const auto where = promise->suspended_at();
      if (where.line() == 0) continue;  // not started
      text +=
          fmt::format("at {} ({}:{})\n", where.function_name(), where.file_name(), where.line());
    }
  }
  return text;
}

// temporal.api.sdk.v1.WorkflowMetadata as proto3 JSON.
std::string RunImpl::metadata_json() const {
  std::string text;
  JsonWriter json(text);
  const auto list = [&json](std::string_view key, const std::vector<std::string_view>& names) {
    json.key(key);
    json.begin_array();
    for (const auto name : names) {
      json.begin_object();
      json.key("name");
      json.string(name);
      json.end_object();
    }
    json.end_array();
  };
  std::vector<std::string_view> queries;
  queries.reserve(queries_.size());
  for (const auto& [name, query] : queries_) queries.emplace_back(name);
  std::vector<std::string_view> signals;
  signals.reserve(channels_.size());
  for (const auto& [name, channel] : channels_) {
    if (channel.opened || channel.handler) signals.emplace_back(name);
  }
  json.begin_object();
  json.key("definition");
  json.begin_object();
  json.key("type");
  json.string(workflow_type_);
  list("queryDefinitions", queries);
  list("signalDefinitions", signals);
  json.end_object();
  json.end_object();
  return text;
}

}  // namespace durasim::inline v0::detail
