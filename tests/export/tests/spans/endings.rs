//! How spans end.

use std::panic::{AssertUnwindSafe, catch_unwind};

use perf_export::SpanLayer;
use perf_runtime::{Config, Outcome, reset};
use tracing::level_filters::LevelFilter;
use tracing::{error, info_span, instrument, warn};

use super::{alone, alone_with, listen, pass, stats, with};

#[instrument(err)]
fn refuses(is_bad: bool) -> Result<(), String> {
    if is_bad { Err("it is bad".to_owned()) } else { Ok(()) }
}

#[test]
fn an_event_of_level_error_makes_the_innermost_span_fail_once() {
    let (_alone, _listening) = (alone(), listen());
    let around = info_span!("around");
    let entered = around.enter();
    let _ = refuses(true);
    let _ = refuses(false);
    info_span!("twice").in_scope(|| {
        error!("one");
        error!("and another");
    });
    info_span!("warned").in_scope(|| warn!("no error"));
    drop(entered);
    error!("in no span");
    drop(around);
    let errors = |name: &str| (stats(name).calls(), stats(name).errors());
    assert_eq!(errors("refuses"), (2, 1));
    assert_eq!(errors("twice"), (1, 1));
    assert_eq!((errors("warned"), errors("around")), ((1, 0), (1, 0)));
}

#[test]
fn the_level_that_makes_spans_fail_can_be_chosen() {
    let _alone = alone();
    for (layer, name, expected) in [
        (SpanLayer::new().fails_at(LevelFilter::WARN), "strict", 2),
        (SpanLayer::new().fails_at(LevelFilter::OFF), "lenient", 0),
    ] {
        let _listening = with(layer);
        for is_error in [true, false] {
            info_span!("levels", name).in_scope(|| if is_error { error!("no") } else { warn!("hm") });
        }
        assert_eq!((stats("levels").calls(), stats("levels").errors()), (2, expected), "{name}");
        reset();
    }
}

#[test]
fn a_span_that_a_panic_leaves_has_panicked_and_one_of_its_destructors_has_not() {
    struct Cleans;
    impl Drop for Cleans {
        fn drop(&mut self) {
            info_span!("cleans").in_scope(|| pass(1));
        }
    }
    let (_alone, _listening) = (alone(), listen());
    let around = info_span!("catches");
    around.in_scope(|| {
        let panics = || {
            let _cleans = Cleans;
            info_span!("panics").in_scope(|| std::panic::resume_unwind(Box::new("on purpose")))
        };
        assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
    });
    drop(around);
    let panics = |name: &str| (stats(name).calls(), stats(name).panics(), stats(name).errors());
    assert_eq!(panics("panics"), (1, 1, 0));
    assert_eq!((panics("cleans"), panics("catches")), ((1, 0, 0), (1, 0, 0)));
}

#[test]
fn traces_know_how_a_span_ended_of_the_entry_in_which_it_did() {
    let _alone = alone_with(Config { traces: 10, ..Config::testing() });
    let _listening = listen();
    let _ = (refuses(false), refuses(true));
    let panics = || info_span!("panics").in_scope(|| std::panic::resume_unwind(Box::new("on purpose")));
    assert!(catch_unwind(panics).is_err());
    let twice = info_span!("twice");
    twice.in_scope(|| twice.in_scope(|| error!("the first time")));
    twice.in_scope(|| pass(1));
    drop(twice);
    let traces = perf_runtime::traces();
    let outcomes: Vec<Outcome> = traces[traces.len() - 5..].iter().map(|trace| trace.calls()[0].outcome).collect();
    assert_eq!(outcomes, [Outcome::Ok, Outcome::Error, Outcome::Panicked, Outcome::Error, Outcome::Ok], "{traces:?}");
}
