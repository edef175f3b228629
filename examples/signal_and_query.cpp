// A shopping cart that lives as long as it takes: signals change it, queries look at it, and each
// query sees every signal that was acknowledged before it.
//   usage: signal_and_query [STORE]
#include "durasim/engine/engine.hpp"
#include "durasim/workflow/workflow.hpp"

#include <cstdio>
#include <string>
#include <vector>

using namespace durasim;

namespace {

struct Item {
  std::string name;
  int price = 0;
};
BOOST_DESCRIBE_STRUCT(Item, (), (name, price))

constexpr WorkflowType<std::vector<Item>()> shopping{"Shopping"};
constexpr Signal<Item> put{"put"};
constexpr Signal<void> check_out{"check_out"};
constexpr Query<int> total{"total"};

Workflow<std::vector<Item>> shop(WorkflowContext ctx) {
  std::vector<Item> cart;
  bool done = false;
  ctx.on(total, [&cart] {
    int sum = 0;
    for (const Item& item : cart) sum += item.price;
    return sum;
  });
  ctx.on(put, [&cart](Item item) { cart.push_back(std::move(item)); });
  ctx.on(check_out, [&done] { done = true; });
  co_await ctx.wait_until([&done] { return done; });
  co_return cart;
}

}  // namespace

int main(int argc, char** argv) {
  Engine engine{{.store = argc > 1 ? argv[1] : "carts.db"}};
  engine.worker("carts").implement(shopping, shop);
  engine.start();
  const auto cart = engine.client().start(shopping, {.task_queue = "carts"});
  cart.signal(put, {"lamp", 30});
  cart.signal(put, {"bulb", 5});
  const int sum = cart.query(total);
  cart.signal(check_out);
  const std::vector<Item> bought = cart.result();
  std::printf("%zu items for %d\n", bought.size(), sum);
  return bought.size() == 2 && sum == 35 ? 0 : 1;
}
