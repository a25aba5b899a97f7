//! Heads of functions and blocks, in all of the language's grammar.

#![allow(unused_parens, unused_braces, reason = "they are what this is about")]

use crate::{Counts, block_on, counts, same, twin};

#[derive(Debug, PartialEq, Default)]
pub(crate) struct Sized<const N: usize>;

mod types {
    use super::*;

    macro_rules! answer {
        ($ok:ty) => { Result<$ok, ()> };
    }

    twin! {
        pub(super) fn braces(_: Sized<{ 1 + 2 }>, n: Option<u32>) -> Option<Sized<{ let n = 1; if n < 2 { n } else { 2 } }>> {
            n?;
            Some(Sized)
        }

        pub(super) fn braces_where<const N: usize>(n: u32) -> Result<Sized<{ N }>, ()>
        where
            Sized<{ N }>: std::fmt::Debug,
            [u8; { 3 << 1 }]: Default,
        {
            if n == 0 { return Err(()); }
            Ok(Sized)
        }

        pub(super) fn lengths(all: [u8; if true { 2 } else { 1 }]) -> Option<[u8; size_of::<u64>() * 2 + 1]> {
            Some([*all.first()?; 17])
        }

        pub(super) fn a_length_with_items() -> [u8; { const fn n() -> usize { return 3; } n() }] {
            [1; 3]
        }

        pub(super) fn macro_in_parentheses(n: u32) -> answer!(u32) {
            if n == 0 { Err(())? }
            Ok(n)
        }

        pub(super) fn macro_in_braces(n: u32) -> answer! { u32 } {
            if n == 0 { Err(())? }
            Ok(n)
        }

        pub(super) fn qualified<T: Iterator>(mut all: T) -> Option<<T as Iterator>::Item> {
            Some(all.next()?)
        }

        pub(super) fn nested() -> Vec<Vec<Vec<u8>>> {
            if false { return vec![]; }
            vec![vec![vec![1]]]
        }

        pub(super) fn pointers() -> for<'a> fn(&'a str) -> &'a str {
            if false { return |text| text; }
            |text| &text[1..]
        }

        pub(super) fn a_pointer_that_never_returns(_: fn() -> !, stop: unsafe extern "C" fn(u8) -> u8) -> bool {
            if stop as usize == 0 { return false; }
            true
        }

        pub(super) fn higher_ranked(f: &dyn for<'a> Fn(&'a str) -> &'a str) -> Option<usize> {
            Some(f("abc").len()).filter(|n| *n > 1)?.checked_sub(1)
        }

        pub(super) fn parenthesized(n: (u32)) -> ((Result<(u32), ()>)) {
            Ok(Some(n).ok_or(())?)
        }

        pub(super) fn one_tuple(n: Option<u32>) -> (u32,) {
            let Some(n) = n else { return (0,) };
            (n,)
        }

        pub(super) async fn bounds<F: AsyncFn(u32) -> u32>(f: F) -> u32 where F: Clone, {
            f(1).await
        }

        pub(super) fn of_a_parenthesized_bound() -> impl (std::future::Future<Output = Result<u32, ()>>) + Send + 'static {
            async { Err(()) }
        }

        pub(super) fn with_configured_generics<#[cfg(any())] Gone, #[cfg(all())] T: Default>() -> Option<T> {
            Some(None.unwrap_or_default())
        }
    }

    #[test]
    fn types_may_be_anything() {
        same!((braces(Sized, Some(1)), braces(Sized, None)));
        same!((braces_where::<6>(0), braces_where::<6>(1)));
        same!(lengths([4, 5]));
        same!(a_length_with_items());
        same!((macro_in_parentheses(0), macro_in_parentheses(1), macro_in_braces(0), macro_in_braces(1)));
        same!((qualified([1].iter()), nested(), pointers()("abc"), higher_ranked(&|text| text)));
        same!(a_pointer_that_never_returns(|| loop {}, identity));
        same!((parenthesized(1), one_tuple(Some(1)), one_tuple(None), with_configured_generics::<u8>()));
        same!(block_on(bounds(async |n| n + 1)));
        same!(block_on(of_a_parenthesized_bound()));
        for (name, expected) in [
            ("braces", Counts::calls(2)),
            ("braces_where", Counts::calls(2).errors(1)),
            ("lengths", Counts::calls(1)),
            ("a_length_with_items", Counts::calls(1)),
            ("macro_in_parentheses", Counts::calls(2).errors(1)),
            ("macro_in_braces", Counts::calls(2).errors(1)),
            ("parenthesized", Counts::calls(1)),
            ("of_a_parenthesized_bound", Counts::calls(1).errors(1)),
        ] {
            assert_eq!(counts(&format!("signatures::types::measured::{name}")), expected, "{name}");
        }
    }

    #[allow(unsafe_code)]
    unsafe extern "C" fn identity(n: u8) -> u8 {
        n
    }
}

mod patterns {
    use super::*;

    pub(super) struct Pair<T>(pub(super) T, pub(super) T);
    const NOTHING: () = ();

    twin! {
        pub(super) fn patterns(
            &(a, ref b): &(u32, String),
            Pair::<u32>(c, _): Pair<u32>,
            super::Pair { 0: d, .. }: super::Pair<u32>,
            [e, rest @ ..]: [u32; 3],
            (Ok(f) | Err(f)): Result<u32, u32>,
            NOTHING: (),
            &mut ref mut g: &mut u32,
            mut h @ _: u32,
        ) -> Option<u32> {
            h += 1;
            *g += 1;
            let () = NOTHING;
            Some(a + c + d + e + f + *g + h).filter(|_| !b.is_empty())?.checked_sub(rest[0])
        }
    }

    #[test]
    fn patterns_may_be_anything() {
        same!(patterns(&(1, "b".into()), Pair(2, 3), Pair(4, 5), [6, 7, 8], Err(9), (), &mut 10, 11));
        assert_eq!(counts("patterns::measured::patterns"), Counts::calls(1));
    }
}

mod fragments {
    use super::*;

    macro_rules! function {
        ($(#[$meta:meta])* $vis:vis $name:ident<$lifetime:lifetime>($pat:pat, $arg:ty) -> $out:ty, $body:block) => {
            #[perf_runtime::profiled]
            $(#[$meta])*
            $vis fn $name<$lifetime>($pat: &$lifetime $arg) -> $out $body
        };
    }

    function!(#[inline] #[must_use] pub(super) first<'a>((n, _), (Option<u32>, u32)) -> Option<u32>, { (*n)?.checked_add(1) });
    function!(second<'b>(text, str) -> impl Iterator<Item = char> + use<'b>, { text.chars() });
    function!(third<'b>(_, str) -> impl Future<Output = Result<(), ()>>, { async { Err(()) } });

    macro_rules! block {
        ($($item:item)*) => {
            #[perf_runtime::profiled]
            mod inside {
                $($item)*
            }
        };
    }

    block! {
        pub(super) struct Unit;
        impl Unit { pub(super) fn method(self) -> u32 { 1 } }
        pub(super) const ONE: u32 = { 0 } + 1;
        pub(super) fn after_a_constant() -> u32 { ONE }
        #[inline] pub(super) async fn last() -> u32 { 1 }
    }

    macro_rules! from_parts {
        ($vis:vis $name:ident, $($item:item)*) => {
            #[perf_runtime::profiled]
            impl $name {
                $vis const TWO: u32 = 2;
                $vis fn own(&self) -> u32 { Self::TWO }
                $($item)*
                $vis fn after(&self) -> u32 { self.own() }
            }
        };
    }

    pub(super) struct Parts;
    from_parts!(pub(self) Parts, #[inline] fn given(&self) -> u32 { 3 });

    #[test]
    fn what_macros_pass_on_is_measured() {
        assert_eq!((first(&(Some(1), 0)), second("ab").count(), block_on(third(""))), (Some(2), 2, Err(())));
        assert_eq!((inside::Unit.method(), inside::after_a_constant(), block_on(inside::last())), (1, 1, 1));
        assert_eq!(Parts.after() + Parts.given(), 5);
        assert_eq!(counts("fragments::third"), Counts::calls(1).errors(1));
        for name in ["first", "second", "inside::Unit::method", "inside::after_a_constant", "inside::last"] {
            assert_eq!(counts(&format!("fragments::{name}")), Counts::calls(1), "{name}");
        }
        for name in ["own", "given", "after"] {
            assert_eq!(counts(&format!("fragments::Parts::{name}")), Counts::calls(1), "{name}");
        }
    }
}

mod heads {
    use super::*;

    pub(super) trait Known<const N: usize = { 1 + 1 }>: Iterator<Item = u8> {
        fn known(&mut self) -> usize;
    }

    macro_rules! default {
        ($($item:item)*) => { $($item)* };
    }

    #[perf_runtime::profiled]
    mod measured {
        use super::*;

        impl<T, const N: usize> Known<N> for T
        where
            T: ?std::marker::Sized + Iterator<Item = u8>,
            T: Fits<{ if 1 < 2 { 1 } else { 0 } }>,
        {
            fn known(&mut self) -> usize {
                N + usize::from(self.next().unwrap_or(0))
            }
        }

        pub(super) trait Fits<const N: usize> {
            extern "C-unwind" fn fits() -> usize {
                N
            }
        }

        impl<const N: usize> Fits<{ N }> for std::vec::IntoIter<u8> {}

        pub(super) trait Called {
            fn called(self) -> u32;
        }

        impl Called for fn(u32) -> u32 {
            fn called(self) -> u32 {
                self(1)
            }
        }

        impl Called for [Sized<{ 2 * 2 }>; 2] {
            fn called(self) -> u32 {
                4
            }
        }

        #[allow(unsafe_code)]
        unsafe impl Send for super::Raw {}

        default! { pub(super) fn within_a_macro() {} }
        default!(
            pub(super) fn within_another() {}
        );

        pub(super) fn default() -> u32 {
            1
        }

        pub(super) fn auto() -> u32 {
            2
        }

        pub(super) fn r#fn(r#return: u32) -> Option<u32> {
            Some(Some(r#return)?)
        }
    }

    #[allow(dead_code)]
    pub(super) enum Raw {}

    #[test]
    fn blocks_may_stand_on_anything() {
        use measured::{Called, Fits};
        let mut all = vec![5].into_iter();
        assert_eq!(Known::<3>::known(&mut all), 8);
        assert_eq!(<std::vec::IntoIter<u8> as Fits<7>>::fits(), 7);
        let f: fn(u32) -> u32 = |n| n + 1;
        assert_eq!((f.called(), [Sized, Sized].called()), (2, 4));
        assert_eq!((measured::default(), measured::auto(), measured::r#fn(3)), (1, 2, Some(3)));
        measured::within_a_macro();
        measured::within_another();
        for (tail, expected) in [
            ("Known<N> for _>::known", 1),
            ("Fits::fits", 1),
            ("<fn(u32) -> u32 as shapes::signatures::heads::measured::Called>::called", 1),
            ("<[shapes::signatures::Sized<{ 2 * 2 }>; 2] as shapes::signatures::heads::measured::Called>::called", 1),
            ("heads::measured::default", 1),
            ("heads::measured::auto", 1),
            ("heads::measured::fn", 1),
        ] {
            assert_eq!(counts(tail), Counts::calls(expected), "{tail}");
        }
    }
}
