// Clients: every call has a request id, is repeated until its answer is known, and is entered into
// the ledger once it is acknowledged.
#include "durasim/core/convert.hpp"

#include "dst/interpreter.hpp"
#include "dst/simulation.hpp"
#include "mutants/mutants.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace durasim::inline v0::dst {

namespace {

engine::StartRequest request_of(int number, std::uint64_t seed, const Program& program,
                                const std::string& request_id) {
  engine::StartRequest request;
  request.run.workflow_id = workflow_id_of(number);
  request.run.workflow_type = std::string(kWorkflowType);
  request.run.task_queue = std::string(kTaskQueue);
  request.run.input = to_payloads(ProgramInput{.seed = seed, .generation = 0, .received = {}});
  request.run.run_timeout = program.run_timeout;
  request.run.task_timeout = program.task_timeout;
  request.run.first_task_delay = program.start_delay;
  request.run.retry = program.run_retry;
  request.request_id = request_id;
  return request;
}

}  // namespace

void Simulation::make_clients() {
  for (int i = 0; i < client_count_; ++i) {
    Client client;
    client.number = i;
    client.seed = random_.next() >> 1U;
    client.program = make_program(client.seed);
    client.request_id = "start-" + std::to_string(i);
    clients_.push_back(std::move(client));
  }
}

Simulation::Client* Simulation::pick_started() {
  Client& client = clients_[below(clients_.size())];
  return client.run_id.empty() ? nullptr : &client;
}

void Simulation::start_workflow() {
  const auto next = std::ranges::find_if(
      clients_, [](const Client& c) { return c.run_id.empty() && !c.calling; });
  if (next == clients_.end()) return;
  Client* client = &*next;
  const auto request =
      request_of(client->number, client->seed, client->program, client->request_id);
  const bool known = bare_->request(request.run.workflow_id, request.request_id).has_value();
  const engine::StartAnswer answer = service_->start(request, now());
  if (known == answer.started)
    throw Violation("a repeated start does not get the answer of the first");
  client->calling = true;
  waiting_.push_back([this, client, known, run_id = answer.run_id](Answer told) {
    client->calling = false;
    const std::string id = workflow_id_of(client->number);
    if (told == Answer::Ok) {
      client->run_id = run_id;
      ledger_.starts.push_back({id, client->request_id, run_id});
    } else if (told == Answer::Unknown && !known) {
      in_one_commit_.push_back({id, id, client->request_id, false});
    }
  });
}

// Starts of an id that is taken.
void Simulation::start_again() {
  const Client* client = pick_started();
  if (client == nullptr) return;
  auto request = request_of(client->number, client->seed, client->program, client->request_id);
  const std::uint64_t kind = below(3);
  if (kind == 0) {
    const engine::StartAnswer answer = service_->start(request, now());
    if (answer.started || answer.run_id != client->run_id)
      throw Violation("a repeated start does not get the answer of the first");
    return;
  }
  if (kind == 1) {
    request.run.input = to_payloads(std::string("another input"));
  } else {
    request.request_id += "-another";
    request.reuse = IdReusePolicy::RejectDuplicate;
  }
  try {
    service_->start(request, now());
  } catch (const InvalidArgument&) {
    if (kind == 1) return;
    throw;
  } catch (const WorkflowAlreadyStarted&) {
    if (kind == 2) return;
    throw;
  }
  throw Violation(kind == 1 ? "a request id was accepted with another input"
                            : "a workflow id was given to a second run");
}

void Simulation::call(const Ledger::Call& call, const std::string& text) {
  const bool known = bare_->request(call.run_id, call.request_id).has_value();
  try {
    if (call.is_cancel) {
      service_->request_cancel(call.workflow_id, call.run_id, text, call.request_id, now());
    } else {
      engine::SignalRun signal;
      signal.name = std::string(kSignalName);
      signal.input = to_payloads(text);
      signal.request_id = call.request_id;
      service_->signal(call.workflow_id, call.run_id, signal, now());
    }
  } catch (const WorkflowNotFound&) {
    const auto row = bare_->run(call.run_id);
    if (!service_->dirty() && row && row->status == store::RunStatus::Running)
      throw Violation("an open run was not found: " + call.run_id);
    return;  // the run has closed
  }
  waiting_.push_back([this, call, text, known](Answer answer) {
    if (answer == Answer::Ok || known) {
      ledger_.calls.emplace(call.request_id, call);
    } else if (answer == Answer::Unknown) {
      in_one_commit_.push_back(call);
      doubtful_.push_back({call, text});
    } else {
      // Provably nothing has happened, so that the caller is free to make a new call of it.
      Ledger::Call again = call;
      again.request_id += "'";
      doubtful_.push_back({again, text});
    }
  });
}

void Simulation::send(Client& client, const std::string& run_id) {
  const std::string text = fmt::format("note-{}-{}", client.number, ++client.notes);
  call({workflow_id_of(client.number), run_id, text, false}, text);
}

void Simulation::send_signal() {
  Client* client = pick_started();
  if (client == nullptr) return;
  // Storms now and then, so that events are buffered and limits reached.
  const std::string run_id = service_->resolve(workflow_id_of(client->number), "");
  for (std::size_t left = chance(0.1) ? 4 : 1; left > 0; --left) send(*client, run_id);
}

// A caller that does not know its answer, or does not trust it.
void Simulation::repeat_call() {
  if (!doubtful_.empty()) {
    const Doubtful doubtful = doubtful_.front();
    call(doubtful.call, doubtful.text);
    doubtful_.erase(doubtful_.begin());  // not when it fails: it is repeated once more
    return;
  }
  if (!faults_ || ledger_.calls.empty()) return;
  auto known = ledger_.calls.begin();
  std::advance(known, static_cast<std::ptrdiff_t>(below(ledger_.calls.size())));
  std::string text = known->second.request_id;
  while (text.ends_with('\'')) text.pop_back();
  call(known->second, text);
}

void Simulation::request_cancel() {
  Client* client = pick_started();
  if (client == nullptr) return;
  const std::string id = workflow_id_of(client->number);
  const std::string text = fmt::format("cancel-{}-{}", client->number, ++client->notes);
  call({id, service_->resolve(id, ""), text, true}, text);
}

void Simulation::terminate() {
  const Client* client = pick_started();
  if (client == nullptr) return;
  const std::string id = workflow_id_of(client->number);
  const std::string run_id = service_->resolve(id, "");
  try {
    service_->terminate(id, run_id, "the simulator says so", {}, now());
  } catch (const WorkflowNotFound&) {
    return;
  }
  ledger_.termination_asked.insert(run_id);
  waiting_.push_back([this, run_id](Answer answer) {
    if (answer == Answer::Ok) ledger_.terminated.insert(run_id);
  });
}

// Reads its own writes: what was acknowledged before is seen.
void Simulation::query() {
  const Client* client = pick_started();
  if (client == nullptr) return;
  if (!mutant(MutantId::QuerySeesOldState)) {
    drain_tasks();
    const std::uint64_t failures = failed_commits();
    commit();
    if (failed_commits() != failures || service_->dirty()) return;
  } else if (service_->dirty()) {
    return;
  }
  const std::string run_id = service_->resolve(workflow_id_of(client->number), "");
  const engine::RunState* state = service_->find(run_id);
  if (state == nullptr) return;
  const store::RunStatus status = state->row().status;
  const engine::WorkflowTaskRecord task = state->record().task;
  const bool answers = state->record().completed_tasks > 0 && !state->record().parked &&
                       task.state == engine::TaskState::None &&
                       (state->open() || status == store::RunStatus::Completed);
  const store::RunRow before = state->row();
  std::vector<std::string> received;
  try {
    received = std::get<0>(from_payloads<std::tuple<std::vector<std::string>>>(
        executor(std::string(kTaskQueue)).query(run_id, {"query", std::string(kQueryName), {}})));
  } catch (const QueryFailed& failure) {
    if (answers) throw Violation(std::string("a query failed: ") + failure.what());
    return;
  }
  if (service_->dirty() || service_->find(run_id)->row() != before)
    throw Violation("a query changed its run");
  if (!answers) return;
  for (const auto& [id, call] : ledger_.calls) {
    if (call.is_cancel || call.run_id != run_id) continue;
    std::string text = id;
    while (text.ends_with('\'')) text.pop_back();
    if (std::ranges::find(received, text) == received.end())
      throw Violation(
          fmt::format("a query of run {} does not see the acknowledged signal {}", run_id, text));
  }
}

void Simulation::look() {
  const Client* client = pick_started();
  if (client == nullptr) return;
  const std::string id = workflow_id_of(client->number);
  static_cast<void>(service_->describe(id, ""));
  ListOptions options;
  options.workflow_id = id;
  options.status = WorkflowStatus::Running;
  if (service_->list(options).size() > 1) throw Violation("two open runs of " + id);
}

}  // namespace durasim::inline v0::dst
