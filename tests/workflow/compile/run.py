#!/usr/bin/env python3
"""Compiles small mistakes of workflow authors and looks for the sentence that the compiler should say.

usage: run.py COMPILER FLAG...   (flags as of the library's consumers: -I..., -std=...)
Each case is code behind header.hpp; None for the sentence means that it must compile, without a warning."""
import concurrent.futures
import pathlib
import subprocess
import sys

CASES = {
    "what authors write": (None, """
        struct Holder { Workflow<std::string> code(WorkflowContext ctx, int); };
        Workflow<std::string> good(WorkflowContext ctx, int n) {
          auto first = ctx.run(score, "x", n, {.start_to_close = 1min, .retry = {.maximum_attempts = 3}});
          if (co_await ctx.wait_until([&] { return n > 1; }, 1h)) n = co_await first;
          if (const auto value = co_await ctx.signals(number).receive_for(1h); !value) co_return "none";
          ctx.spawn([](const WorkflowContext c) -> Workflow<void> { co_await c.sleep(1s); });
          co_return "x";
        }
        auto a = durasim::make_workflow(type, good);
        auto b = durasim::make_workflow(type, &Holder::code);"""),
    "foreign awaitable": ("a workflow may only await what its WorkflowContext has started", """
        Workflow<int> f(WorkflowContext) { co_await std::suspend_always{}; co_return 1; }"""),
    "workflow awaited by name": ("write co_await std::move(workflow)", """
        Workflow<int> g(WorkflowContext) { co_return 1; }
        Workflow<int> f(WorkflowContext ctx) { auto w = g(ctx); co_return co_await w; }"""),
    "reference parameter": ("parameters of a workflow coroutine are taken by value", """
        Workflow<int> f(WorkflowContext, const std::string& text) { co_return int(text.size()); }"""),
    "reference parameter of a lambda": ("parameters of a workflow coroutine are taken by value", """
        auto f = [](WorkflowContext, std::string&& text) -> Workflow<int> { co_return int(text.size()); };"""),
    "context by reference": ("parameters of a workflow coroutine are taken by value", """
        Workflow<int> f(WorkflowContext& ctx) { co_await ctx.sleep(1s); co_return 1; }"""),
    "no context": ("takes a durasim::WorkflowContext as its first parameter", """
        Workflow<int> f(int n) { co_return n; }"""),
    "wrong argument": ("no matching member function", """
        Workflow<int> f(WorkflowContext ctx) { co_return co_await ctx.run(score, 1, 2, {.start_to_close = 1s}); }"""),
    "wrong implementation": ("this callable does not implement the workflow type", """
        Workflow<std::string> f(WorkflowContext, std::vector<int>) { co_return ""; }
        auto x = durasim::make_workflow(type, f);"""),
    "wrong result": ("is a coroutine that returns durasim::Workflow<R>", """
        Workflow<int> f(WorkflowContext, int) { co_return 1; }
        auto x = durasim::make_workflow(type, f);"""),
    "captures that cannot be copied": ("what it captures must be copyable", """
        auto x = durasim::make_workflow(type, [p = std::make_unique<int>()](WorkflowContext, int)
            -> Workflow<std::string> { co_return ""; });"""),
    "query handler": ("this query handler does not have the query's signature", """
        void f(WorkflowContext ctx) { ctx.on(phase, [](int) { return 1; }); }"""),
    "signal handler": ("a signal handler is f(T) or f(WorkflowContext, T) -> Workflow<void>", """
        void f(WorkflowContext ctx) { ctx.on(number, [](std::vector<int>) {}); }"""),
    "spawned function": ("spawn takes a coroutine", """
        void f(WorkflowContext ctx) { ctx.spawn([](WorkflowContext) { return 1; }); }"""),
    "any() of different types": ("select() takes different ones", """
        Workflow<void> f(WorkflowContext ctx) {
          co_await durasim::any(ctx.sleep(1s), ctx.run(score, "x", 1, {.start_to_close = 1s})); }"""),
    "dropped awaitable": ("co_await it", """
        void f(WorkflowContext ctx) { ctx.run(score, "x", 1, {.start_to_close = 1s}); }"""),
    "dropped sleep": ("co_await it", "void f(WorkflowContext ctx) { ctx.sleep(1s); }"),
    "dropped all()": ("co_await it", "void f(WorkflowContext ctx) { durasim::all(ctx.sleep(1s)); }"),
    "dropped workflow": ("co_await it or spawn it", """
        Workflow<int> g(WorkflowContext) { co_return 1; }
        void f(WorkflowContext ctx) { g(ctx); }"""),
}


def check(name, command):
    expected, code = CASES[name]
    source = '#include "header.hpp"\nusing namespace std::chrono_literals;\n' + code
    done = subprocess.run(command, input=source, capture_output=True, text=True, check=False)
    if expected is None:
        return [] if done.returncode == 0 else [f"{name}: does not compile\n{done.stderr}"]
    if done.returncode == 0:
        return [f"{name}: compiles"]
    # g++ words its own errors in its own way.
    wanted = [expected, "no matching function"] if expected == "no matching member function" else [expected]
    if not any(text in done.stderr for text in wanted):
        return [f"{name}: does not say {expected!r}, but\n{done.stderr}"]
    return []


def main():
    here = pathlib.Path(__file__).resolve().parent
    command = [sys.argv[1], *sys.argv[2:], f"-I{here}", "-Wall", "-Wextra", "-Werror=unused-result", "-Werror",
               "-fsyntax-only", "-x", "c++", "-"]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        problems = [p for result in pool.map(lambda name: check(name, command), CASES) for p in result]
    print("\n".join(problems) if problems else f"{len(CASES)} cases as expected")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
