//! What is measured of a future, and what it costs in size.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Waker};

use crate::{Counts, Yield, block_on, counts, same, twin};

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
type LocalBoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

fn poll_once(future: impl Future) {
    let _ = pin!(future).poll(&mut Context::from_waker(Waker::noop()));
}

mod kinds {
    use super::*;

    twin! {
        pub(super) async fn plain(text: &str) -> Result<u32, std::num::ParseIntError> {
            Yield::default().await;
            let n: u32 = text.parse()?;
            Ok(n + 1)
        }

        pub(super) fn returned(n: u32) -> impl Future<Output = Result<u32, ()>> + Send {
            async move { n.checked_sub(1).ok_or(()) }
        }

        pub(super) fn returned_early(n: u32) -> impl Future<Output = u32> + Unpin + use<> {
            if n == 0 { return std::future::ready(100); }
            std::future::ready(n)
        }

        pub(super) fn returned_by_name(n: u32) -> std::future::Ready<u32> {
            std::future::ready(n)
        }

        pub(super) fn cloneable(n: u32) -> impl Future<Output = u32> + Clone {
            std::future::ready(n)
        }

        pub(super) fn opaque_output(n: u32) -> impl Future<Output = Result<impl Iterator<Item = u32>, ()>> {
            async move { if n == 0 { Err(()) } else { Ok(0..n) } }
        }

        pub(super) fn boxed(n: u32) -> Pin<Box<dyn Future<Output = Result<u32, ()>>>> {
            Box::pin(async move { n.checked_sub(1).ok_or(()) })
        }

        pub(super) fn boxed_by_an_alias<'a>(n: &'a u32) -> BoxFuture<'a, Result<u32, ()>> {
            if *n == 7 { return Box::pin(async { Ok(7) }); }
            Box::pin(async move { n.checked_sub(1).ok_or(()) })
        }

        pub(super) fn boxed_locally(n: &Rc<u32>) -> LocalBoxFuture<'_, u32> {
            Box::pin(async move { **n })
        }

        pub(super) async fn returning_a_boxed(n: u32) -> Pin<Box<dyn Future<Output = u32>>> {
            Yield::default().await;
            Box::pin(async move { n })
        }

        pub(super) async fn coerced(n: u32) -> Result<Box<dyn std::fmt::Debug>, Box<dyn std::error::Error + Send + Sync>> {
            if n == 0 { return Err("zero".into()); }
            if n == 1 { return Ok(Box::new("one")); }
            Ok(Box::new(n))
        }

        pub(super) async fn never_ends(n: u32) -> ! {
            Yield::default().await;
            panic!("{}", n)
        }

        pub(super) async fn opaque(n: u32) -> impl Iterator<Item = u32> {
            0..n
        }

        pub(super) async fn closure(by: u32) -> impl Fn(u32) -> u32 {
            move |n: u32| n.pow(2) + by
        }

        pub(super) async fn closure_in_tuple(text: String) -> (impl Fn(&str) -> usize, String) {
            (|text: &str| text.len(), text)
        }

        pub(super) async fn fallible_opaque(n: u32) -> Result<impl Fn(u32) -> u32, ()> {
            if n == 0 { return Err(()); }
            Ok(move |m: u32| m.pow(2) + n)
        }

        pub(super) async fn reborrowed<'a>(n: &'a mut u32, _other: &str) -> &'a mut u32 {
            *n += 1;
            n
        }

        pub(super) async fn hidden_lifetimes(a: &str, b: &mut String) -> usize {
            b.push_str(a);
            Yield::default().await;
            b.len()
        }

        pub(super) fn recursive(n: u32) -> BoxFuture<'static, u32> {
            Box::pin(async move { if n == 0 { 0 } else { recursive(n - 1).await + 1 } })
        }

        pub(super) async fn recursive_async(n: u32) -> u32 {
            if n == 0 { 0 } else { Box::pin(recursive_async(n - 1)).await + 1 }
        }

        pub(super) async fn nothing() {}

        pub(super) async unsafe fn not_safe(n: u32) -> u32 { n }
    }

    #[test]
    fn the_future_is_what_is_measured() {
        same!(block_on(plain("1")));
        same!(block_on(plain("x")));
        same!((block_on(returned(0)), block_on(returned(1))));
        same!((block_on(returned_early(0)), block_on(returned_early(1))));
        same!(block_on(returned_by_name(1)));
        same!(block_on(cloneable(1).clone()));
        same!(block_on(opaque_output(2)).unwrap().count());
        same!(block_on(opaque_output(0)).is_err());
        same!((block_on(boxed(0)), block_on(boxed(1))));
        same!((block_on(boxed_by_an_alias(&0)), block_on(boxed_by_an_alias(&7))));
        same!(block_on(boxed_locally(&Rc::new(1))));
        same!(block_on(block_on(returning_a_boxed(1))));
        assert_eq!(counts("kinds::measured::plain"), Counts::calls(2).errors(1));
        assert_eq!(counts("kinds::measured::returned"), Counts::calls(2).errors(1));
        assert_eq!(counts("kinds::measured::returned_early"), Counts::calls(2));
        assert_eq!(counts("kinds::measured::opaque_output"), Counts::calls(2).errors(1));
        assert_eq!(counts("kinds::measured::boxed"), Counts::calls(2).errors(1));
        assert_eq!(counts("kinds::measured::boxed_by_an_alias"), Counts::calls(2).errors(1));
        assert_eq!(counts("kinds::measured::boxed_locally"), Counts::calls(1));
        assert_eq!(counts("kinds::measured::returning_a_boxed"), Counts::calls(1));
    }

    #[test]
    fn what_a_future_gives_back_is_as_free_as_before() {
        same!(format!(
            "{:?} {:?} {:?}",
            block_on(coerced(0)).err().unwrap().to_string(),
            block_on(coerced(1)).unwrap(),
            block_on(coerced(2)).unwrap()
        ));
        same!(block_on(opaque(3)).count());
        same!(block_on(closure(1))(3));
        same!(block_on(closure_in_tuple(String::new())).0("abc"));
        same!(block_on(fallible_opaque(3)).unwrap()(2));
        same!({
            let mut n = 1;
            *block_on(reborrowed(&mut n, "")) += 1;
            n
        });
        same!({
            let mut b = String::new();
            block_on(hidden_lifetimes("abc", &mut b))
        });
        same!(block_on(nothing()));
        assert!(catch_unwind(AssertUnwindSafe(|| block_on(measured::never_ends(1)))).is_err());
        assert_eq!(counts("kinds::measured::coerced"), Counts::calls(3).errors(1));
        assert_eq!(counts("kinds::measured::never_ends"), Counts::calls(1).panics(1));
    }

    #[test]
    fn boxed_recursion_counts_every_level() {
        same!(block_on(recursive(5)));
        same!(block_on(recursive_async(5)));
        assert_eq!(counts("kinds::measured::recursive"), Counts::calls(6));
        assert_eq!(counts("kinds::measured::recursive_async"), Counts::calls(6));
    }

    #[test]
    #[allow(unsafe_code)]
    fn an_unsafe_async_function_is_one() {
        // SAFETY: it asks for nothing.
        same!(block_on(unsafe { not_safe(1) }));
    }
}

mod lives {
    use super::*;

    #[perf_runtime::profiled]
    async fn lazy(ran: &mut bool) {
        *ran = true;
    }

    #[perf_runtime::profiled]
    async fn cancelled() {
        std::future::pending().await
    }

    #[perf_runtime::profiled]
    async fn panics() -> u32 {
        Yield::default().await;
        panic!("on purpose")
    }

    #[test]
    fn a_future_that_is_not_polled_is_no_call() {
        let mut ran = false;
        drop(lazy(&mut ran));
        assert!(!ran);
        assert_eq!(counts("lives::lazy"), Counts::default());
    }

    #[test]
    fn a_future_dropped_half_way_is_cancelled() {
        poll_once(cancelled());
        assert_eq!(counts("lives::cancelled"), Counts::calls(1).cancelled(1));
    }

    #[test]
    fn a_future_that_panics_is_counted_once() {
        let payload = catch_unwind(|| block_on(panics())).unwrap_err();
        assert_eq!(*payload.downcast_ref::<&str>().unwrap(), "on purpose");
        assert_eq!(counts("lives::panics"), Counts::calls(1).panics(1));
    }
}

mod unbounded {
    use super::*;

    /// Nothing says that `T` lives as long as the box says that it does.
    pub(super) type Loose<T> = Pin<Box<dyn Future<Output = T> + Send>>;

    twin! {
        pub(super) trait Service<T> {
            type Given;
            fn call(&mut self, with: T) -> Loose<Result<Self::Given, ()>>;
        }

        impl<T, G, F: FnMut(T) -> Loose<Result<G, ()>>> Service<T> for F {
            type Given = G;

            fn call(&mut self, with: T) -> Loose<Result<G, ()>> {
                self(with)
            }
        }

        impl<T, S: Service<T>> Service<T> for Vec<S> {
            type Given = S::Given;

            fn call(&mut self, with: T) -> Loose<Result<Self::Given, ()>> {
                if self.len() == 2 { return self[1].call(with); }
                self[0].call(with)
            }
        }
    }

    #[test]
    fn a_boxed_future_may_claim_to_outlive_its_output() {
        let give = |n: u32| -> Loose<Result<u32, ()>> { Box::pin(async move { n.checked_sub(1).ok_or(()) }) };
        same!((block_on(vec![give].call(1)), block_on(vec![give, give].call(0))));
        let given = counts("<alloc::vec::Vec<_> as shapes::futures::unbounded::measured::Service<_>>::call");
        assert_eq!(given, Counts::calls(2).errors(1));
    }
}

mod auto_traits {
    use super::*;

    #[perf_runtime::profiled]
    async fn sends(text: String, n: &u32) -> usize {
        Yield::default().await;
        text.len() + *n as usize
    }

    #[perf_runtime::profiled]
    fn sends_boxed(text: String) -> BoxFuture<'static, usize> {
        Box::pin(async move { text.len() })
    }

    #[perf_runtime::profiled]
    async fn generic<T: Send + Sync>(value: T) -> T {
        Yield::default().await;
        value
    }

    #[test]
    fn a_future_is_send_and_sync_where_it_was() {
        fn is<T: Send + Sync + std::panic::UnwindSafe>(value: T) -> T {
            value
        }
        fn is_send<T: Send + 'static>(value: T) -> T {
            value
        }
        let n = 1;
        let _ = (is(sends(String::new(), &n)), is(generic(1)), is_send(sends_boxed(String::new())));
        assert_eq!(std::thread::spawn(|| block_on(sends_boxed("ab".to_owned()))).join().unwrap(), 2);
    }
}

mod sizes {
    use super::*;

    twin! {
        pub(super) async fn bytes_131() -> u8 {
            let bytes = [1; 130];
            std::future::pending::<()>().await;
            bytes.iter().sum()
        }

        pub(super) async fn patterns((a, _): (String, Vec<u8>), _: String, mut b: Vec<u8>, _c: String) -> usize {
            Yield::default().await;
            b.push(1);
            a.len() + b.len()
        }

        pub(super) async fn text(text: String, more: Vec<u8>) -> usize {
            Yield::default().await;
            text.len() + more.len()
        }
    }

    #[test]
    fn a_future_of_131_bytes_grows_to_at_most_176() {
        assert_eq!(size_of_val(&bare::bytes_131()), 131);
        let measured = size_of_val(&measured::bytes_131());
        assert!(measured <= 176, "{measured} bytes");
    }

    #[test]
    fn arguments_are_not_stored_twice() {
        let new = (String::new, Vec::<u8>::new);
        let grown = |measured: usize, bare: usize| assert!(measured <= bare + 40, "{measured} bytes, bare {bare}");
        grown(size_of_val(&measured::text(new.0(), new.1())), size_of_val(&bare::text(new.0(), new.1())));
        grown(
            size_of_val(&measured::patterns((new.0(), new.1()), new.0(), new.1(), new.0())),
            size_of_val(&bare::patterns((new.0(), new.1()), new.0(), new.1(), new.0())),
        );
    }
}

mod nested {
    macro_rules! nest {
        ($outer:ident) => {
            #[perf_runtime::profiled]
            async fn $outer(n: u32) -> u32 {
                n
            }
        };
        ($outer:ident $inner:ident $($rest:ident)*) => {
            #[perf_runtime::profiled]
            async fn $outer(n: u32) -> u32 {
                $inner(n).await + 1
            }
            nest!($inner $($rest)*);
        };
    }

    nest!(a01 a02 a03 a04 a05 a06 a07 a08 a09 a10 a11 a12 a13 a14 a15 a16 a17 a18 a19 a20 a21 a22 a23 a24);

    #[test]
    fn twenty_four_of_them_nest_within_the_default_recursion_limit() {
        fn is_send(future: impl Future<Output = u32> + Send) -> u32 {
            super::block_on(future)
        }
        assert_eq!(is_send(a01(0)), 23);
        assert_eq!(super::counts("nested::a24"), super::Counts::calls(1));
    }
}
