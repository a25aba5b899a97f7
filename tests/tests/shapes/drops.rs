//! What is dropped, and when: the same order with and without the attribute.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use std::future::Future;

use crate::{Yield, block_on, same, twin};

thread_local! {
    static LOG: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

/// Says when it is dropped.
pub(crate) struct Noisy(pub(crate) &'static str);

impl Drop for Noisy {
    fn drop(&mut self) {
        say(self.0);
    }
}

impl Noisy {
    fn len(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

fn say(what: &'static str) {
    LOG.with(|log| log.borrow_mut().push(what));
}

/// Runs it, drops what it gives back, and tells what was dropped, in order.
fn log<T>(run: impl FnOnce() -> T) -> Vec<&'static str> {
    LOG.take();
    let _ = catch_unwind(AssertUnwindSafe(|| drop(run())));
    LOG.take()
}

pub(crate) struct Pair {
    #[allow(dead_code)]
    a: Noisy,
    b: Noisy,
}

fn pair() -> Pair {
    Pair { a: Noisy("self.a"), b: Noisy("self.b") }
}

mod sync {
    use super::*;

    twin! {
        pub(super) fn arguments(a: Noisy, _: Noisy, c: Noisy, (d, _): (Noisy, Noisy), _e: Noisy) -> Option<usize> {
            let _local = Noisy("local");
            let n = c.len()? + a.len()?;
            say("body");
            Some(n + d.len()?)
        }

        pub(super) fn unused(a: Noisy, b: Noisy) -> Result<(), ()> {
            if b.0.is_empty() { return Err(()); }
            say("body");
            Ok(())
        }

        pub(super) fn early(a: Noisy, leave: bool, b: Noisy) {
            let _first = Noisy("first");
            if leave { return; }
            let _second = Noisy("second");
        }

        pub(super) fn temporaries(a: Noisy) -> Option<usize> {
            let _local = Noisy("local");
            Noisy("temporary").len()
        }

        pub(super) fn temporaries_in_a_match(_a: Noisy) -> usize {
            let _local = Noisy("local");
            match Noisy("temporary").len() { Some(n) => n, None => 0 }
        }

        pub(super) fn temporaries_with_question(_a: Noisy) -> Option<usize> {
            let _local = Noisy("local");
            Some(Noisy("temporary").len()? + Noisy("another").len()?)
        }

        pub(super) fn dangling() -> *const Noisy {
            let _local = Noisy("local");
            &Noisy("temporary")
        }

        pub(super) fn unit_tail(a: Noisy) {
            let _local = Noisy("local");
            assert!(Noisy("temporary").len().is_some())
        }

        pub(super) fn moved(a: Noisy, b: Noisy) -> Option<Noisy> {
            a.len()?;
            drop(b);
            Some(a)
        }

        pub(super) fn panics(a: Noisy, b: Noisy) -> Option<usize> {
            let _local = Noisy("local");
            a.len()?;
            panic!("on purpose: {}", b.0)
        }

        pub(super) fn opaque(a: Noisy, b: Noisy) -> impl Iterator<Item = usize> {
            let _local = Noisy("local");
            if b.0.is_empty() { return None.into_iter(); }
            a.len().into_iter()
        }

        pub(super) fn never(_a: Noisy, b: Noisy) -> ! {
            let _local = Noisy("local");
            panic!("on purpose: {}", b.0)
        }

        pub(super) fn future(a: Noisy, b: Noisy) -> impl Future<Output = usize> {
            let _local = Noisy("local");
            let n = b.0.len();
            async move { say("polled"); n + a.0.len() }
        }

        pub(super) fn future_early(a: Noisy, b: Noisy, c: Noisy) -> impl Future<Output = usize> {
            let n = b.0.len();
            if n > 100 { return std::future::ready(n); }
            std::future::ready(n + a.0.len())
        }
    }

    #[test]
    fn arguments_are_dropped_in_their_order() {
        let new = Noisy;
        same!(log(|| arguments(new("a"), new("b"), new("c"), (new("d"), new("d'")), new("e"))));
        same!(log(|| unused(new("a"), new("b"))));
        same!(log(|| early(new("a"), true, new("b"))));
        same!(log(|| early(new("a"), false, new("b"))));
        same!(log(|| moved(new("a"), new("b"))));
        same!(log(|| opaque(new("a"), new("b")).count()));
    }

    #[test]
    fn temporaries_of_the_last_expression_are_dropped_where_they_were() {
        same!(log(|| temporaries(Noisy("a"))));
        same!(log(|| temporaries_in_a_match(Noisy("a"))));
        same!(log(|| temporaries_with_question(Noisy("a"))));
        same!(log(dangling));
        same!(log(|| unit_tail(Noisy("a"))));
    }

    #[test]
    fn a_panic_drops_in_the_same_order() {
        same!(log(|| panics(Noisy("a"), Noisy("b"))));
        same!(log(|| never(Noisy("a"), Noisy("b"))));
    }

    #[test]
    fn making_a_future_drops_in_the_same_order() {
        same!(log(|| {
            let future = future(Noisy("a"), Noisy("b"));
            say("made");
            block_on(future);
        }));
        same!(log(|| {
            let future = future_early(Noisy("a"), Noisy("b"), Noisy("c"));
            say("made");
            block_on(future);
        }));
    }
}

mod receivers {
    use super::*;

    twin! {
        pub(super) struct Owner(pub(super) Pair);

        impl Owner {
            pub(super) fn uses_a_part(self, x: Noisy) -> Option<usize> {
                let n = self.0.b.len()?;
                say("body");
                Some(n)
            }

            pub(super) fn moves_a_part(self, x: Noisy) -> Option<usize> {
                let b = self.0.b;
                b.len()
            }

            pub(super) fn uses_nothing(self, x: Noisy) -> Option<usize> {
                Some(5_usize).filter(|n| *n > 3)?.checked_add(1)
            }

            pub(super) fn boxed(self: Box<Self>, x: Noisy) -> Option<usize> {
                self.0.b.len()?.checked_add(1)
            }

            pub(super) async fn uses_a_part_later(self, x: Noisy) -> Option<usize> {
                Yield::default().await;
                self.0.b.len()
            }

            pub(super) async fn uses_nothing_later(self, x: Noisy) {
                say("body");
                Yield::default().await;
            }
        }
    }

    #[test]
    fn an_owned_self_is_dropped_whole() {
        same!(log(|| Owner(pair()).uses_a_part(Noisy("x"))));
        same!(log(|| Owner(pair()).moves_a_part(Noisy("x"))));
        same!(log(|| Owner(pair()).uses_nothing(Noisy("x"))));
        same!(log(|| Box::new(Owner(pair())).boxed(Noisy("x"))));
    }

    #[test]
    fn an_owned_self_stays_with_its_future() {
        same!(log(|| block_on(Owner(pair()).uses_a_part_later(Noisy("x")))));
        same!(log(|| block_on(Owner(pair()).uses_nothing_later(Noisy("x")))));
        same!(log(|| {
            let made = Owner(pair()).uses_nothing_later(Noisy("x"));
            say("made");
            drop(made);
        }));
        same!(log(|| {
            let made = Owner(pair()).uses_a_part_later(Noisy("x"));
            say("made");
            drop(made);
        }));
    }
}

mod later {
    use super::*;
    use std::pin::pin;
    use std::task::{Context, Waker};

    twin! {
        pub(super) async fn arguments(a: Noisy, _: Noisy, (c, _): (Noisy, Noisy), d: Noisy, _e: Noisy) -> Option<usize> {
            let _local = Noisy("local");
            say("body");
            Yield::default().await;
            Some(a.len()? + c.len()?)
        }

        pub(super) async fn temporaries(_a: Noisy) -> Option<usize> {
            let _local = Noisy("local");
            Noisy("temporary").len()
        }

        #[must_use]
        pub(super) async fn kept(a: Noisy, _: Noisy, c: Noisy) -> Option<usize> {
            let _local = Noisy("local");
            Yield::default().await;
            c.len()
        }

        pub(super) async fn panics(a: Noisy, b: Noisy) -> Option<usize> {
            Yield::default().await;
            panic!("on purpose: {}", b.0)
        }
    }

    fn polled_once(future: impl Future) {
        let mut future = pin!(future);
        let _ = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        say("polled");
    }

    #[test]
    fn a_finished_future_drops_in_the_same_order() {
        let new = Noisy;
        same!(log(|| block_on(arguments(new("a"), new("b"), (new("c"), new("c'")), new("d"), new("e")))));
        same!(log(|| block_on(temporaries(new("a")))));
        same!(log(|| block_on(kept(new("a"), new("b"), new("c")))));
        same!(log(|| block_on(panics(new("a"), new("b")))));
    }

    #[test]
    fn an_unfinished_future_drops_in_the_same_order() {
        let new = Noisy;
        same!(log(|| polled_once(arguments(new("a"), new("b"), (new("c"), new("c'")), new("d"), new("e")))));
        same!(log(|| arguments(new("a"), new("b"), (new("c"), new("c'")), new("d"), new("e"))));
        same!(log(|| polled_once(kept(new("a"), new("b"), new("c")))));
        same!(log(|| kept(new("a"), new("b"), new("c"))));
    }
}
