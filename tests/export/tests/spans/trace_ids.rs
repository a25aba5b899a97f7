//! Trace ids, the other way.

use std::task::{Context, Poll, Waker};
use std::thread;

use perf_export::SpanLayer;
use perf_runtime::{Outcome, reset};
use tracing::{Dispatch, Instrument, dispatcher, info_span};
use tracing_subscriber::layer::SubscriberExt;

use super::{alone, inner, micros, stats, with};

fn trace_ids(name: &str) -> Vec<Option<u128>> {
    let mut calls = stats(name).slowest().to_vec();
    calls.sort_by_key(perf_runtime::SlowCall::at);
    calls.iter().map(perf_runtime::SlowCall::trace_id).collect()
}

#[test]
fn slow_calls_carry_the_trace_id_of_the_spans_around_them() {
    let (_alone, _listening) = (alone(), with(SpanLayer::new().trace_ids()));
    let request = info_span!("request", trace_id = "4bf92f3577b34da6a3ce929d0e0e4736");
    request.in_scope(|| {
        inner();
        info_span!("within").in_scope(inner);
        info_span!("other_trace", trace_id = 7_u64).in_scope(inner);
        inner();
    });
    inner();
    drop(request);
    let request = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736;
    assert_eq!(trace_ids("inner"), [Some(request), Some(request), Some(7), Some(request), None]);
    assert_eq!((trace_ids("request"), trace_ids("within")), (vec![Some(request)], vec![Some(request)]));
    let slow = stats("request").slowest()[0].clone();
    assert_eq!((slow.outcome(), micros(slow.duration())), (Outcome::Ok, 12 + 3));
}

#[test]
fn a_trace_id_may_be_told_later_and_be_written_in_many_ways() {
    let (_alone, _listening) = (alone(), with(SpanLayer::new().trace_ids()));
    let late = info_span!("late_id", trace_id = tracing::field::Empty, other = 1);
    let entered = late.enter();
    inner();
    late.record("other", 2);
    inner();
    late.record("trace_id", 9_u64);
    inner();
    info_span!("inherits").in_scope(inner);
    late.record("trace_id", tracing::field::display("4BF92F35-77b3-4da6-a3ce-929d0e0e4736"));
    inner();
    drop(entered);
    inner();
    let uuid = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736;
    assert_eq!(trace_ids("inner"), [None, None, Some(9), Some(9), Some(uuid), None]);
    reset();
    for none in ["", "0", "no id", "4bf92f3577b34da6a3ce929d0e0e47361"] {
        info_span!("no_id", trace_id = none).in_scope(inner);
    }
    info_span!("no_id", trace_id = -1).in_scope(inner);
    info_span!("no_id", trace_id = ?Some(1)).in_scope(inner);
    assert_eq!(trace_ids("inner"), [None; 6]);
}

#[test]
fn a_future_takes_its_trace_id_from_thread_to_thread() {
    let _alone = alone();
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(SpanLayer::new().trace_ids()));
    let _listening = dispatcher::set_default(&dispatch);
    let mut left = 3;
    let work = std::future::poll_fn(move |_| {
        inner();
        left -= 1;
        if left == 0 { Poll::Ready(()) } else { Poll::Pending }
    });
    let mut future = Box::pin(work.instrument(info_span!("traced_future", trace_id = 5)));
    for _ in 0..3 {
        thread::scope(|scope| {
            let poll = || {
                let _listening = dispatcher::set_default(&dispatch);
                let _ = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
                inner();
            };
            scope.spawn(poll).join().unwrap();
        });
    }
    drop(future);
    assert_eq!(trace_ids("inner"), [Some(5), None, Some(5), None, Some(5), None]);
    assert_eq!(trace_ids("traced_future"), [Some(5)]);
}
