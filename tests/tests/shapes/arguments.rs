//! What a function may take.

use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use crate::{Counts, block_on, counts, same, twin};

mod patterns {
    use super::*;

    pub(super) struct Point {
        pub(super) x: u32,
        #[allow(dead_code)]
        pub(super) y: u32,
    }

    twin! {
        pub(super) fn destructured((a, b): (u32, u32), Point { x, y: _ }: Point, [first, ..]: [u8; 3]) -> Option<u32> {
            Some(a + b + x + u32::from(first))
        }

        pub(super) fn changed(mut n: u32, mut list: Vec<u32>) -> Result<Vec<u32>, ()> {
            n += 1;
            list.push(n);
            if n == 0 { return Err(()); }
            Ok(list)
        }

        pub(super) fn ignored(_: String, _unused: &str, _: u32) -> Option<u32> {
            Some(None.unwrap_or(3_u32)).filter(|n| n % 2 == 1)?.checked_add(1)
        }

        pub(super) fn by_reference(ref text: String, ref mut n: u32) -> Option<usize> {
            *n += 1;
            Some(text.len().checked_sub(1)? + *n as usize)
        }

        pub(super) fn bound_twice(whole @ (_, b): (u32, u32)) -> Option<u32> {
            Some(whole.0.checked_sub(1)? + b)
        }

        pub(super) async fn all_of_them_later(
            (a, _): (u32, String), mut b: u32, _: String, ref c: String, [.., d]: [u8; 2],
        ) -> Option<usize> {
            b += a;
            crate::Yield::default().await;
            Some(b as usize + c.len().checked_sub(1)? + usize::from(d))
        }

        #[allow(unused_parens)]
        pub(super) fn in_parentheses((n): (u32)) -> Option<u32> {
            n.checked_sub(1)?.checked_add(5)
        }
    }

    #[test]
    fn arguments_may_be_taken_apart() {
        same!(destructured((1, 2), Point { x: 3, y: 4 }, [5, 6, 7]));
        same!(changed(1, vec![1]));
        same!(ignored(String::new(), "", 1));
        same!(by_reference("ab".to_owned(), 1));
        same!(bound_twice((1, 2)));
        same!(in_parentheses(1));
        same!(block_on(all_of_them_later((1, String::new()), 2, String::new(), "abc".to_owned(), [1, 2])));
        assert_eq!(counts("patterns::measured::all_of_them_later"), Counts::calls(1));
    }
}

mod receivers {
    use super::*;

    #[derive(Default)]
    pub(super) struct Thing {
        n: u32,
        name: String,
    }

    #[perf_runtime::profiled]
    impl Thing {
        fn pinned(mut self: Pin<&mut Self>) -> Option<u32> {
            self.n = self.n.checked_add(1)?;
            Some(self.n)
        }

        fn pinned_again(self: Pin<&mut Self>, twice: bool) -> Option<Pin<&mut Self>> {
            if !twice {
                return None;
            }
            Some(self)
        }

        fn shared(self: Arc<Self>) -> Option<String> {
            if self.n > 100 {
                return None;
            }
            Some(self.name.clone())
        }

        fn shared_by_reference(self: &Rc<Self>) -> Result<Rc<Self>, ()> {
            if self.n > 100 { Err(()) } else { Ok(Rc::clone(self)) }
        }

        fn boxed(self: Box<Self>) -> Result<String, ()> {
            if self.n > 100 {
                return Err(());
            }
            Ok(self.name)
        }

        fn owned(mut self) -> Option<Self> {
            self.n = self.n.checked_add(1)?;
            Some(self)
        }

        fn named<'a>(&'a self, _other: &'a str) -> Option<&'a str> {
            self.name.get(..)
        }

        fn changed(&mut self) -> Option<&mut String> {
            self.n.checked_add(1)?;
            Some(&mut self.name)
        }

        async fn owned_later(self) -> u32 {
            crate::Yield::default().await;
            self.n
        }

        async fn shared_later(self: Arc<Self>, more: u32) -> Result<u32, String> {
            crate::Yield::default().await;
            self.n.checked_add(more).ok_or_else(String::new)
        }

        async fn pinned_later(mut self: Pin<&mut Self>) -> u32 {
            crate::Yield::default().await;
            self.n += 1;
            self.n
        }

        async fn changed_later(&mut self, text: &str) -> &mut Self {
            self.name.push_str(text);
            self
        }
    }

    #[test]
    fn every_kind_of_self_is_taken() {
        let mut thing = Thing { n: 1, name: "thing".to_owned() };
        assert_eq!(Pin::new(&mut thing).pinned(), Some(2));
        assert!(Pin::new(&mut thing).pinned_again(true).is_some());
        thing.changed().unwrap().push('!');
        assert_eq!(thing.named(""), Some("thing!"));
        let thing = thing.owned().unwrap();
        let thing = Rc::new(thing).shared_by_reference().unwrap();
        let thing = Arc::new(Rc::into_inner(thing).unwrap());
        assert_eq!(Arc::clone(&thing).shared(), Some("thing!".to_owned()));
        assert_eq!(Box::new(Arc::into_inner(thing).unwrap()).boxed(), Ok("thing!".to_owned()));
        assert_eq!(counts("receivers::Thing::boxed"), Counts::calls(1));
        assert_eq!(counts("receivers::Thing::shared_by_reference"), Counts::calls(1));
    }

    #[test]
    fn every_kind_of_self_is_taken_into_a_future() {
        assert_eq!(block_on(Thing::default().owned_later()), 0);
        assert_eq!(block_on(Arc::new(Thing::default()).shared_later(2)), Ok(2));
        let mut thing = Thing::default();
        assert_eq!(block_on(Pin::new(&mut thing).pinned_later()), 1);
        assert_eq!(block_on(thing.changed_later("x")).name, "x");
        assert_eq!(counts("receivers::Thing::changed_later"), Counts::calls(1));
    }
}

mod cfgs {
    use super::*;

    twin! {
        pub(super) fn some_are_gone(
            a: u32,
            #[cfg(any())] gone: Missing,
            #[cfg(all())] (b, _): (u32, u32),
            #[allow(unused_variables)] c: String,
        ) -> Option<u32> {
            a.checked_add(b)?.checked_add(1)
        }

        pub(super) async fn some_are_gone_later(
            #[cfg(any())] gone: Missing,
            #[cfg(all())] (b, _): (u32, String),
            #[allow(unused_variables)] c: String,
        ) -> u32 {
            crate::Yield::default().await;
            b
        }
    }

    #[test]
    fn arguments_may_be_configured_away() {
        same!(some_are_gone(1, (2, 3), String::new()));
        same!(block_on(some_are_gone_later((2, String::new()), String::new())));
    }
}

mod generic {
    use super::*;
    use std::fmt::{Debug, Display};

    twin! {
        pub(super) fn array<const N: usize, T: Copy + Default>(from: &[T]) -> Option<[T; N]> {
            let mut all = [T::default(); N];
            all.copy_from_slice(from.get(..N)?);
            Some(all)
        }

        pub(super) fn higher_ranked<F>(f: F) -> Option<usize>
        where
            F: for<'a> Fn(&'a str) -> &'a str,
        {
            f("abc").len().checked_sub(1)
        }

        pub(super) fn impl_argument(text: impl AsRef<str> + Debug, other: &dyn Display) -> Result<String, std::fmt::Error> {
            use std::fmt::Write;
            let mut out = String::new();
            write!(out, "{text:?}{other}")?;
            Ok(out)
        }

        pub(super) fn captured<'a, T: Clone + 'a>(all: &'a [T], _: &str) -> impl Iterator<Item = T> + use<'a, T> {
            all.iter().cloned()
        }

        pub(super) async fn later<'a, T, const N: usize>(all: &'a [T; N], f: impl for<'b> Fn(&'b T) -> &'b T) -> Option<&'a T>
        where
            T: Send,
        {
            crate::Yield::default().await;
            let _ = f(all.first()?);
            all.last()
        }

        pub(super) fn assumes<T: ?Sized + Debug>(value: &T) -> Option<String> {
            Some(format!("{value:?}")).filter(|text| !text.is_empty())
        }

        pub(super) unsafe fn trusts(at: *const u32) -> Option<u32> {
            if at.is_null() { return None; }
            Some(unsafe { *at })
        }

        pub(super) unsafe extern "C" fn from_c(at: *const u32, n: usize) -> u32 {
            if n == 0 { return 0; }
            unsafe { *at.add(n - 1) }
        }

        pub(super) extern "C" fn plain_c(n: u32) -> u32 {
            n + 1
        }
    }

    #[test]
    #[allow(unsafe_code)]
    fn generics_and_qualifiers_are_kept() {
        same!(array::<2, u8>(&[1, 2, 3]));
        same!(array::<4, u8>(&[1, 2, 3]));
        same!(higher_ranked(|text| &text[1..]));
        same!(impl_argument("a", &1));
        same!(captured(&[1, 2], "").collect::<Vec<_>>());
        same!(block_on(later(&[1, 2], |n| n)).copied());
        same!(assumes("text"));
        let n = [1, 2];
        // SAFETY: the pointers are good for as many.
        same!(unsafe { (trusts(&raw const n[0]), from_c(n.as_ptr(), 2), from_c(n.as_ptr(), 0)) });
        same!(plain_c(1));
        let _: unsafe extern "C" fn(*const u32, usize) -> u32 = measured::from_c;
    }
}
