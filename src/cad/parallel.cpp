// Meshing writes into faces and edges, integration reads them; both are safe on shapes that share
// none.
#include "cad/parallel.hpp"

#include <TopExp_Explorer.hxx>
#include <TopoDS_TShape.hxx>

#include <algorithm>
#include <atomic>
#include <exception>
#include <map>
#include <mutex>
#include <numeric>
#include <system_error>
#include <thread>
#include <unordered_map>

namespace durasim::inline v0::cad {
namespace {

constexpr std::size_t kMaxThreads = 8;

std::size_t root(std::vector<std::size_t>& parent, std::size_t i) {
  while (parent[i] != i) i = parent[i] = parent[parent[i]];
  return i;
}

// Indices of shapes that share topology, one list per group, in order.
std::vector<std::vector<std::size_t>> groups(const std::vector<TopoDS_Shape>& shapes) {
  std::vector<std::size_t> parent(shapes.size());
  std::iota(parent.begin(), parent.end(), std::size_t{0});
  std::unordered_map<const TopoDS_TShape*, std::size_t> owner;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    for (const TopAbs_ShapeEnum kind : {TopAbs_FACE, TopAbs_EDGE, TopAbs_VERTEX}) {
      for (TopExp_Explorer it(shapes[i], kind); it.More(); it.Next()) {
        const auto [found, is_new] = owner.emplace(it.Current().TShape().get(), i);
        if (!is_new) parent[root(parent, i)] = root(parent, found->second);
      }
    }
  }
  std::map<std::size_t, std::vector<std::size_t>> by_root;
  for (std::size_t i = 0; i < shapes.size(); ++i) by_root[root(parent, i)].push_back(i);
  std::vector<std::vector<std::size_t>> result;
  result.reserve(by_root.size());
  for (auto& [_, members] : by_root) result.push_back(std::move(members));
  return result;
}

}  // namespace

void for_each_shape(const std::vector<TopoDS_Shape>& shapes,
                    const std::function<void(std::size_t)>& work) {
  const std::vector<std::vector<std::size_t>> jobs = groups(shapes);
  std::atomic<std::size_t> next{0};
  std::exception_ptr error;
  std::mutex error_mutex;
  const auto drain = [&] {
    try {
      for (std::size_t job = next++; job < jobs.size(); job = next++)
        for (const std::size_t i : jobs[job]) work(i);
    } catch (...) {
      const std::scoped_lock lock(error_mutex);
      if (!error) error = std::current_exception();
      next = jobs.size();
    }
  };
  const std::size_t cores = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1,
                                                    std::min(kMaxThreads, jobs.size() + 1));
  {
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < std::min(cores, jobs.size()); ++i) {
      try {
        others.emplace_back(drain);
      } catch (const std::system_error&) {
        break;  // no more threads under this limit: go on with fewer
      }
    }
    drain();
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace durasim::inline v0::cad
