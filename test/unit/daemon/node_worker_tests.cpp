#include "daemon/node_worker.h"

#include <boost/test/unit_test.hpp>
#include <future>
#include <vector>

namespace sendonce::daemon {
namespace {

// A job that stays in the worker's hands until it is let go.
class Blocker {
 public:
  NodeWorker::Job MakeJob() {
    return [this] {
      started_.set_value();
      released_.get_future().wait();
    };
  }
  void WaitUntilStarted() { started_.get_future().wait(); }
  void Release() { released_.set_value(); }

 private:
  std::promise<void> started_;
  std::promise<void> released_;
};

void Nothing() {}

}  // namespace

BOOST_AUTO_TEST_SUITE(node_worker_tests)

BOOST_AUTO_TEST_CASE(jobs_run_in_order_on_one_thread_that_is_not_ours) {
  std::vector<int> order;
  std::vector<std::thread::id> threads;
  std::promise<void> done;
  NodeWorker worker(10, Nothing);
  for (int i = 0; i < 5; ++i) {
    BOOST_TEST(worker.Post([&, i] {
      order.push_back(i);
      threads.push_back(std::this_thread::get_id());
      if (i == 4) done.set_value();
    }));
  }
  done.get_future().wait();
  BOOST_TEST(order == (std::vector<int>{0, 1, 2, 3, 4}), boost::test_tools::per_element());
  for (const auto id : threads) {
    BOOST_TEST((id == threads[0]));
    BOOST_TEST((id != std::this_thread::get_id()));
  }
}

BOOST_AUTO_TEST_CASE(the_queue_is_bounded) {
  Blocker blocker;
  NodeWorker worker(2, Nothing);
  BOOST_TEST(worker.Post(blocker.MakeJob()));
  blocker.WaitUntilStarted();
  std::promise<void> done;
  BOOST_TEST(worker.Post(Nothing));
  BOOST_TEST(worker.Post([&done] { done.set_value(); }));
  BOOST_TEST(worker.waiting() == 2);
  BOOST_TEST(!worker.Post(Nothing));
  blocker.Release();
  done.get_future().wait();
  std::promise<void> again;
  BOOST_TEST(worker.Post([&again] { again.set_value(); }));
  again.get_future().wait();
}

BOOST_AUTO_TEST_CASE(stop_interrupts_the_running_job_and_drops_the_others) {
  Blocker blocker;
  bool ran = false;
  NodeWorker worker(10, [&blocker] { blocker.Release(); });
  BOOST_TEST(worker.Post(blocker.MakeJob()));
  blocker.WaitUntilStarted();
  BOOST_TEST(worker.Post([&ran] { ran = true; }));
  worker.Stop();
  BOOST_TEST(!ran);
  BOOST_TEST(worker.waiting() == 0);
  BOOST_TEST(!worker.Post(Nothing));
  worker.Stop();
}

BOOST_AUTO_TEST_CASE(an_idle_worker_stops) {
  int interrupts = 0;
  {
    const NodeWorker worker(1, [&interrupts] { ++interrupts; });
  }
  BOOST_TEST(interrupts == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::daemon
