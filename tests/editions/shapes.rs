//! The same functions in every edition, bare and annotated.

use std::cell::RefCell;
use std::fmt::{Debug, Display};
use std::future::Future;
use std::num::ParseIntError;
use std::pin::Pin;
use std::sync::Arc;

thread_local! {
    static LOG: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

/// Says when it is dropped.
#[derive(Debug)]
pub struct Noisy(pub &'static str);

impl Drop for Noisy {
    fn drop(&mut self) {
        LOG.with(|log| log.borrow_mut().push(self.0));
    }
}

impl Noisy {
    /// The length of its name, unless it has none.
    #[must_use]
    pub fn size(&self) -> Option<usize> {
        (!self.0.is_empty()).then_some(self.0.len())
    }
}

/// A future in a box.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

macro_rules! twin {
    ($($items:tt)*) => {
        /// As written.
        pub mod bare {
            use super::*;
            $($items)*
        }

        /// The same under the attribute.
        #[perf_runtime::profiled]
        pub mod measured {
            use super::*;
            $($items)*
        }
    };
}

twin! {
    /// Adds.
    #[must_use]
    pub fn one_line(n: u32) -> u32 { n + 1 }

    /// Nothing.
    pub fn nothing() {}

    /// Parses.
    ///
    /// # Errors
    ///
    /// Where the text is no number.
    pub fn parse(text: &str) -> Result<u32, ParseIntError> {
        let n: u32 = text.parse()?;
        Ok(n + 1)
    }

    /// Leaves early.
    pub fn early(leave: bool, log: &mut Vec<u32>) {
        if leave {
            return;
        }
        log.push(1);
    }

    /// Never returns.
    ///
    /// # Panics
    ///
    /// Always.
    pub fn stops(why: &str) -> ! {
        panic!("{}", why)
    }

    /// Panics in every way.
    ///
    /// # Panics
    ///
    /// Always.
    #[must_use]
    pub fn diverges(stop: bool) -> u32 {
        if stop {
            return 0;
        }
        panic!("on purpose")
    }

    /// Ends without a value.
    #[must_use]
    pub fn spins(stop: bool) -> u32 {
        stop_at_once(stop)
    }

    fn stop_at_once(stop: bool) -> ! {
        assert!(!stop, "stopped");
        std::process::exit(1)
    }

    /// Temporaries of the last expression.
    #[must_use]
    pub fn temporaries(_first: Noisy, second: &Noisy) -> Option<usize> {
        let _local = Noisy("local");
        Noisy("temporary").size().and(second.size())
    }

    /// The same, with a way out before.
    #[must_use]
    #[allow(clippy::needless_pass_by_value)]
    pub fn temporaries_early(first: Noisy, _: Noisy, (third, _): (Noisy, Noisy)) -> Option<usize> {
        let _local = Noisy("local");
        let n = third.size()?;
        drop(third);
        Noisy("temporary").size().and(first.size()).map(|m| n + m)
    }

    /// Borrows.
    ///
    /// # Errors
    ///
    /// Where there is none.
    pub fn borrows<'a>(all: &'a mut [String], key: &str) -> Result<&'a mut String, Box<dyn std::error::Error>> {
        let at = all.iter().position(|one| one == key).ok_or("none")?;
        Ok(&mut all[at])
    }

    /// Gives back a closure.
    pub fn closure(by: u32) -> impl Fn(u32) -> u32 {
        move |n| n.pow(2) + by
    }

    /// Gives back an iterator, or not.
    ///
    /// # Errors
    ///
    /// Where there is nothing to go through.
    pub fn iterator(most: u32) -> Result<impl Iterator<Item = u32>, String> {
        if most == 0 {
            return Err("none".to_owned());
        }
        Ok((0..most).map(|n| n * 2))
    }

    /// Changes what it is given.
    #[must_use]
    pub fn changes(mut list: Vec<u32>, mut n: u32) -> Option<Vec<u32>> {
        n = n.checked_add(1)?;
        list.push(n);
        Some(list)
    }

    /// Generic.
    #[must_use]
    #[inline]
    pub fn generic<T: Debug, const N: usize>(all: &[T; N], other: &dyn Display) -> Option<String> {
        let first = all.first()?;
        Some(format!("{first:?}{other}"))
    }

    /// Tracked.
    #[must_use]
    #[track_caller]
    pub fn tracked(n: Option<u32>) -> Option<&'static std::panic::Location<'static>> {
        n?;
        Some(std::panic::Location::caller())
    }

    /// Later.
    ///
    /// # Errors
    ///
    /// Where the text is no number.
    pub async fn later(text: &str, mut log: Vec<u32>, _: Noisy) -> Result<usize, ParseIntError> {
        log.push(text.parse()?);
        std::future::ready(()).await;
        Ok(log.len())
    }

    /// Later, in one line.
    pub async fn later_in_a_line(n: u32) -> u32 { std::future::ready(n).await }

    /// Later, temporaries.
    pub async fn later_temporaries(_first: Noisy, (second, _): (Noisy, Noisy)) -> Option<usize> {
        let _local = Noisy("local");
        std::future::ready(()).await;
        Noisy("temporary").size().and(second.size())
    }

    /// Later, two lifetimes.
    pub async fn later_borrows<'a>(all: &'a [u32], _other: &str) -> &'a [u32] {
        std::future::ready(()).await;
        all
    }

    /// Later, and to be used.
    #[must_use]
    pub async fn later_must_use(n: u32) -> u32 {
        std::future::ready(n).await
    }

    /// A future.
    pub fn future(n: u32) -> impl Future<Output = Option<u32>> {
        let less = n.checked_sub(1);
        async move { less }
    }

    /// A future of a reference, or not.
    pub async fn reference(all: &[u32]) -> Option<&u32> {
        std::future::ready(all.first()).await
    }

    /// A future of a reference, or not, made by hand.
    pub fn made_reference(all: &[u32]) -> impl Future<Output = Option<&u32>> {
        let first = all.first();
        async move { first }
    }

    /// A boxed future of a reference, or not.
    #[must_use]
    pub fn boxed_reference(all: &[u32]) -> Boxed<'_, Option<&u32>> {
        Box::pin(async move { all.first() })
    }

    /// A boxed one.
    #[must_use]
    pub fn boxed(n: &u32) -> Boxed<'_, u32> {
        Box::pin(async move { *n })
    }

    /// An owner.
    #[derive(Debug, Default)]
    pub struct Owner {
        /// What it has.
        pub has: String,
        /// What else it has.
        pub more: Vec<u32>,
    }

    impl Owner {
        /// Takes it apart.
        #[must_use]
        pub fn part(self) -> Option<String> {
            self.more.first()?;
            Some(self.has)
        }

        /// Shared.
        #[must_use]
        pub fn shared(self: &Arc<Self>) -> Option<u32> {
            self.more.first().copied()
        }

        /// Later.
        pub async fn changed(&mut self, n: u32) -> &mut Self {
            self.more.push(std::future::ready(n).await);
            self
        }
    }

    /// Copied and compared, by hand.
    #[derive(Debug, Copy, PartialEq, Eq)]
    pub struct ByHand(pub u32);

    #[allow(clippy::expl_impl_clone_on_copy)]
    impl Clone for ByHand {
        fn clone(&self) -> Self {
            *self
        }
    }

    impl Ord for ByHand {
        fn cmp(&self, other: &Self) -> std::cmp::Ordering {
            other.0.cmp(&self.0)
        }
    }

    impl PartialOrd for ByHand {
        fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
            Some(self.cmp(other))
        }
    }

    /// Gives more than one would write.
    impl Iterator for Owner {
        type Item = Result<Option<Vec<Option<u32>>>, Box<dyn Fn(&str, Option<u32>) -> Option<String>>>;

        fn next(&mut self) -> Option<Result<Option<Vec<Option<u32>>>, Box<dyn Fn(&str, Option<u32>) -> Option<String>>>> {
            let first = self.more.pop()?;
            Some(Ok(Some(vec![Some(first)])))
        }

        fn last(self) -> Option<Result<Option<Vec<Option<u32>>>, Box<dyn Fn(&str, Option<u32>) -> Option<String>>>> {
            Some(Err(Box::new(|text, _| Some(text.to_owned()))))
        }
    }

    /// Has helpers that have bounds and nothing else.
    pub fn asserts() {
        #[perf_runtime::profiled]
        fn assert_send<T: Send>() {}
        assert_send::<Owner>();
    }

    /// The same with the attribute on the methods.
    #[derive(Debug, Copy, PartialEq, Eq)]
    pub struct ByMethod(pub u32);

    #[allow(clippy::expl_impl_clone_on_copy)]
    impl Clone for ByMethod {
        #[perf_runtime::profiled]
        fn clone(&self) -> Self {
            *self
        }
    }

    impl Ord for ByMethod {
        #[perf_runtime::profiled]
        fn cmp(&self, other: &Self) -> std::cmp::Ordering {
            other.0.cmp(&self.0)
        }
    }

    impl PartialOrd for ByMethod {
        #[perf_runtime::profiled]
        fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
            Some(self.cmp(other))
        }
    }

    impl Display for Owner {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "{}", self.has)?;
            f.write_str("!")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::{Context, Poll, Waker};

    fn block_on<F: Future>(future: F) -> F::Output {
        let mut future = Box::pin(future);
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                return output;
            }
        }
    }

    fn log<T>(run: impl FnOnce() -> T) -> Vec<&'static str> {
        LOG.with(RefCell::take);
        drop(run());
        LOG.with(RefCell::take)
    }

    macro_rules! same {
        ($($call:tt)*) => {
            assert_eq!({ use super::measured::*; $($call)* }, { use super::bare::*; $($call)* })
        };
    }

    #[test]
    fn values_are_the_same() {
        same!((one_line(1), parse("1"), parse("x"), closure(1)(2), changes(vec![], 1), generic(&[1], &2)));
        same!(iterator(3).map(Iterator::collect::<Vec<_>>));
        same!(borrows(&mut ["a".to_owned()], "a").map(|text| text.clone()).ok());
        same!((tracked(Some(1)), tracked(None)));
        same!((block_on(later("1", vec![], Noisy("n"))), block_on(later_in_a_line(1)), block_on(later_must_use(2))));
        same!((block_on(later_borrows(&[1], "")), block_on(future(0)), block_on(boxed(&1))));
        same!(Owner { has: "x".to_owned(), more: vec![1] }.part());
        same!((Arc::new(Owner::default()).shared(), Owner::default().to_string()));
        same!(block_on(Owner::default().changed(1)).more.len());
        same!(Owner { has: String::new(), more: vec![1] }.next().map(|next| next.is_ok()));
        same!(Owner::default().last().map(|last| last.is_err()));
        same!((nothing(), early(true, &mut vec![]), diverges(true)));
        assert!(std::panic::catch_unwind(|| measured::stops("why")).is_err());
    }

    #[test]
    fn drops_are_in_the_order_of_the_edition() {
        let new = Noisy;
        same!(log(|| temporaries(new("a"), &new("b"))));
        same!(log(|| temporaries_early(new("a"), new("b"), (new("c"), new("d")))));
        same!(log(|| block_on(later_temporaries(new("a"), (new("b"), new("c"))))));
    }

    #[test]
    fn calls_are_counted() {
        let before = counts();
        assert!(measured::generic(&[1], &2).is_some() && measured::generic::<u8, 0>(&[], &2).is_none());
        assert_eq!(counts() - before, 2);
    }

    fn counts() -> u64 {
        perf_runtime::snapshot().function("shapes::measured::generic").map_or(0, perf_runtime::FunctionStats::calls)
    }
}
