//! Functions that few people write, and that are functions all the same.

use std::fmt::{Debug, Display};
use std::ops::ControlFlow;
use std::task::{Context, Poll, Waker, ready};

use crate::{Counts, Yield, block_on, counts, same, twin};

mod bodies {
    use super::*;

    macro_rules! some {
        ($e:expr) => {
            match $e {
                Some(value) => value,
                None => return None,
            }
        };
    }

    macro_rules! countdown {
        () => { 0 };
        ($head:tt $($tail:tt)*) => { 1 + countdown!($($tail)*) };
    }

    #[derive(Debug, PartialEq)]
    pub(super) enum Void {}

    twin! {
        pub(super) fn let_chains(a: Option<u32>, b: Option<u32>) -> Option<u32> {
            if let Some(a) = a && let Some(b) = b && a < b { return Some(b - a); }
            while let Some(n) = a && n > 100 { return None; }
            a.or(b)
        }

        pub(super) fn labelled(n: u32) -> u32 {
            'found: {
                if n == 0 { break 'found 10; }
                for m in 0.. { if m * m > n { break 'found m; } }
                unreachable!()
            }
        }

        pub(super) fn configured_tail() -> &'static str {
            #[cfg(any())]
            { "gone" }
            #[cfg(all())]
            { "here" }
        }

        pub(super) fn configured_tail_after_a_way_out(n: Option<u32>) -> Option<u32> {
            #[allow(unused_must_use)]
            n?;
            #[cfg(any())]
            return None;
            #[cfg(all())]
            Some(1)
        }

        #[allow(clippy::let_and_return)]
        pub(super) fn attributes_inside(n: u32) -> u32 {
            #[rustfmt::skip]
            let n = n+1;
            #[allow(unused_variables)]
            let unused = 1;
            #[cfg(any())]
            gone();
            match n {
                #[cfg(any())]
                0 => gone(),
                #[allow(unreachable_patterns)]
                n => n,
            }
        }

        pub(super) fn constants<const N: usize>() -> Option<usize> {
            const HALF: usize = const { 10 / 2 };
            static TABLE: [u8; HALF] = [1; HALF];
            Some(TABLE.len()).filter(|_| const { N > 1 })?.checked_add(N)
        }

        pub(super) fn own_macro(n: Option<u32>) -> Option<u32> {
            macro_rules! or_none { ($e:expr) => { match $e { Some(n) => n, None => return None } }; }
            let n = or_none!(n);
            Some(n + some!(n.checked_sub(1)) + countdown!(a b c d))
        }

        pub(super) fn own_items(n: u32) -> Result<u32, String> {
            use std::fmt::Write as _;
            struct Lane(u32);
            impl Lane { fn with(self) -> Result<u32, String> { if self.0 == 0 { return Err("zero".into()); } Ok(self.0) } }
            trait Site { const LANE: u32 = 1; fn new(&self) -> u32 { Self::LANE } }
            impl Site for u32 {}
            enum Call { Here(Lane) }
            let Call::Here(lane) = Call::Here(Lane(n));
            let mut text = String::new();
            write!(text, "{}", Site::new(&n)).map_err(|e| e.to_string())?;
            Ok(lane.with()? + text.len() as u32)
        }

        pub(super) fn own_function_of_the_same_name(n: u32) -> u32 {
            fn own_function_of_the_same_name(n: u32) -> u32 { if n == 0 { return 0; } n * 2 }
            own_function_of_the_same_name(n)
        }

        pub(super) fn nothing_to_match(void: Void) -> u32 {
            match void {}
        }

        pub(super) fn never_ends() -> Void {
            loop { panic!("on purpose") }
        }

        pub(super) fn nested_closures(n: Option<u32>) -> Option<u32> {
            let outer = |a: Option<u32>| { let inner = move || Some(a? + 1); inner() };
            let boxed: Box<dyn Fn(u32) -> Option<Box<dyn Fn() -> u32>>> = Box::new(|a| Some(Box::new(move || a)));
            Some(outer(n)? + boxed(1)?())
        }

        pub(super) fn borrows_in_two_phases(all: &mut Vec<usize>) -> Option<usize> {
            all.push(all.len());
            let [first, .., last] = all.as_mut_slice() else { return None };
            std::mem::swap(first, last);
            all.first().copied()
        }

        pub(super) fn moves_out_by_parts(pair: (String, Vec<String>), again: bool) -> Option<String> {
            let (first, mut rest) = pair;
            if again { rest.push(first); return rest.pop(); }
            let last = rest.pop()?;
            Some(first + &last)
        }

        pub(super) fn blocks_of_all_kinds(n: Option<u32>) -> Option<u32> {
            let a = unsafe { *std::ptr::from_ref(&n) }?;
            let b = a;
            let c = if b > 1 { loop { break b; } } else { return Some(7) };
            let later = async { Some(n? + 1) };
            Some(block_on(later)? + c)
        }

        pub(super) fn ranges_and_casts(n: u64) -> Option<u8> {
            let small = (n < 300) as u8;
            let shifted = n << 1 >> 1;
            (0..=shifted).rev().take(small as usize).last().map(|n| n as u8 | small)?.checked_add(u8::from(n < 2 || n > 5))
        }

        pub(super) fn größe(r#try: &str) -> Option<usize> {
            Some(r#try.chars().next()?.len_utf8())
        }

        #[allow(non_snake_case)]
        pub(super) fn LANE(SITE: u32) -> Option<u32> {
            SITE.checked_add(1)?.checked_add(SITE)
        }
    }

    #[test]
    fn bodies_do_what_they_did() {
        same!((let_chains(Some(1), Some(3)), let_chains(Some(101), None), let_chains(None, Some(2))));
        same!((labelled(0), labelled(10), configured_tail(), attributes_inside(1)));
        same!((configured_tail_after_a_way_out(None), configured_tail_after_a_way_out(Some(2))));
        same!((constants::<1>(), constants::<2>(), own_macro(None), own_macro(Some(0)), own_macro(Some(3))));
        same!((own_items(0), own_items(5), own_function_of_the_same_name(4)));
        same!((nested_closures(None), nested_closures(Some(4))));
        same!({
            let mut all = vec![5];
            (borrows_in_two_phases(&mut all), borrows_in_two_phases(&mut vec![]), all)
        });
        same!([true, false].map(|again| moves_out_by_parts(("a".into(), vec!["b".into()]), again)));
        same!([None, Some(0), Some(5)].map(blocks_of_all_kinds));
        same!([0, 1, 3, 255, 400].map(ranges_and_casts));
        same!((größe("ß"), größe(""), LANE(4)));
        assert!(std::panic::catch_unwind(measured::never_ends).is_err());
        assert_eq!(counts("bodies::measured::own_items"), Counts::calls(2).errors(1));
        assert_eq!(counts("bodies::measured::never_ends"), Counts::calls(1).panics(1));
        assert_eq!(counts("bodies::measured::LANE"), Counts::calls(1));
        let _ = (measured::nothing_to_match, bare::nothing_to_match, bare::never_ends);
    }
}

mod values {
    use super::*;

    pub(super) struct Empty;

    twin! {
        pub(super) fn of_no_size(_: Empty, _: [u8; 0], _: ()) -> Option<Empty> {
            Some(Some(Empty)?)
        }

        pub(super) fn large(mut all: [u8; 1 << 15]) -> Option<[u8; 1 << 15]> {
            all[0] = all.iter().max().copied()?;
            Some(all)
        }

        pub(super) fn large_in_place(all: [u8; 1 << 15]) -> u8 {
            all[1 << 14]
        }

        pub(super) fn opaque_behind_a_reference(all: &mut std::vec::IntoIter<u8>) -> &mut (impl Iterator<Item = u8> + use<>) {
            if all.len() > 2 { all.next(); }
            all
        }

        pub(super) fn opaque_in_an_array(n: u32) -> [impl Debug + use<>; 2] {
            if n == 0 { return [0, 0]; }
            [n, n]
        }

        pub(super) fn opaque_in_a_box(n: Option<u32>) -> Box<impl Debug> {
            let Some(n) = n else { return Box::new(0) };
            Box::new(n)
        }

        pub(super) fn opaque_in_a_list(n: u32) -> Result<Vec<impl Debug + Clone>, impl Display> {
            if n == 0 { Err("none")? }
            if n == 7 { return Err("seven"); }
            Ok(vec![n])
        }

        pub(super) fn just_sized(n: u32) -> impl Sized {
            if n == 0 { return 1; }
            n
        }

        pub(super) fn a_reference_to_a_trait() -> &'static dyn Fn(u32) -> u32 {
            if false { return &|n| n; }
            &|n| n + 1
        }

        pub(super) fn optional_pointer(n: &u32) -> Option<*const u32> {
            Some(Some(n)?)
        }

        pub(super) fn polls(context: &mut Context<'_>, n: Poll<Result<u32, String>>) -> Poll<Result<u32, String>> {
            let _ = context;
            let n = ready!(n)?;
            Poll::Ready(Ok(n + 1))
        }

        pub(super) fn polls_by_question(n: Poll<Option<Result<u32, ()>>>) -> Poll<Option<Result<u32, ()>>> {
            let n: Poll<Option<u32>> = n?;
            n.map(|n| n.map(Ok))
        }

        pub(super) fn flows(n: u32) -> ControlFlow<String, u32> {
            if n == 0 { ControlFlow::Break("zero".to_owned())? }
            ControlFlow::Continue(n)
        }

        pub(super) fn nested_results(n: u32) -> Result<Result<u32, u8>, String> {
            if n == 0 { Err("zero")? }
            Ok(if n == 1 { Err(1) } else { Ok(n) })
        }
    }

    #[test]
    fn values_are_what_they_were() {
        assert!(measured::of_no_size(Empty, [], ()).is_some() && bare::of_no_size(Empty, [], ()).is_some());
        same!(large([3; 1 << 15]).map(|all| all[0]));
        same!(large_in_place([3; 1 << 15]));
        same!(opaque_behind_a_reference(&mut vec![1, 2, 3].into_iter()).collect::<Vec<_>>());
        same!(format!("{:?} {:?}", opaque_in_an_array(0), opaque_in_an_array(1)));
        same!(format!("{:?} {:?}", opaque_in_a_box(None), opaque_in_a_box(Some(2))));
        same!([0, 1, 7].map(|n| opaque_in_a_list(n).map(|all| format!("{all:?}")).map_err(|e| e.to_string())));
        same!(size_of_val(&just_sized(0)));
        same!(a_reference_to_a_trait()(1));
        same!(optional_pointer(&1).is_some());
        same!({
            let mut context = Context::from_waker(Waker::noop());
            [Poll::Pending, Poll::Ready(Ok(1)), Poll::Ready(Err(String::new()))].map(|n| polls(&mut context, n))
        });
        same!([Poll::Pending, Poll::Ready(None), Poll::Ready(Some(Err(())))].map(polls_by_question));
        same!([0, 1].map(flows));
        same!([0, 1, 2].map(nested_results));
        assert_eq!(counts("values::measured::opaque_in_a_list"), Counts::calls(3).errors(2));
        assert_eq!(counts("values::measured::nested_results"), Counts::calls(3).errors(1));
    }
}

mod traits {
    use super::*;

    twin! {
        pub(super) trait Shop: Debug {
            const PRICE: u32 = 3;
            type Goods<'a>: Iterator<Item = &'a u32>
            where
                Self: 'a;

            fn goods(&self) -> Self::Goods<'_>;
            fn expensive(&self) -> impl Iterator<Item = u32>;
            fn later(&self) -> impl Future<Output = Result<u32, String>> + Send;
            async fn opaque_later(&self) -> impl Display;

            fn whole(self) -> Option<Vec<u32>>
            where
                Self: Sized,
            {
                Some(self.goods().next()?);
                Some(self.expensive().collect())
            }

            fn boxed(self: Box<Self>) -> Option<u32>
            where
                Self: Sized,
            {
                self.goods().next().copied()
            }

            async fn twice(&self) -> Result<u32, String>
            where
                Self: Sync,
            {
                Ok(self.later().await? + self.later().await?)
            }

            fn of_any_kind<T: Into<u32>>(more: T) -> Option<u32> {
                more.into().checked_sub(Self::PRICE)?.checked_add(1)
            }
        }

        #[derive(Debug, Clone, Default)]
        pub(super) struct Stall(pub(super) Vec<u32>);

        pub(super) trait Simple {
            fn simple(&self) -> u32;
        }

        impl Shop for Stall {
            type Goods<'a> = std::slice::Iter<'a, u32>;

            fn goods(&self) -> Self::Goods<'_> {
                self.0.iter()
            }

            fn expensive(&self) -> impl Iterator<Item = u32> {
                self.0.iter().copied().filter(|n| *n > Self::PRICE)
            }

            async fn later(&self) -> Result<u32, String> {
                Yield::default().await;
                self.0.first().copied().ok_or_else(|| "none".to_owned())
            }

            async fn opaque_later(&self) -> impl Display {
                Yield::default().await;
                self.0.len()
            }
        }

        impl Stall {
            pub(super) fn through_two(self: &&Self) -> Option<u32> {
                self.0.first()?.checked_add(1)
            }

            pub(super) async fn into_later(self: Box<Self>, (more, _): (u32, Stall)) -> Option<u32> {
                Yield::default().await;
                self.0.first()?.checked_add(more)
            }

            pub(super) fn dynamic<'a>(&'a self, most: u32) -> Box<dyn Iterator<Item = &'a u32> + 'a> {
                if most == 0 {
                    return Box::new(std::iter::empty());
                }
                Box::new(self.0.iter().filter(move |n| **n < most))
            }
        }

        impl dyn Simple + '_ {
            pub(super) fn more(&self) -> Option<u32> {
                self.simple().checked_add(1)?.checked_add(1)
            }
        }

        impl Simple for &Stall {
            fn simple(&self) -> u32 {
                self.0.iter().sum()
            }
        }

        impl<T: ?Sized + Simple, const N: usize> Simple for [Box<T>; N] {
            fn simple(&self) -> u32 {
                if N == 0 {
                    return 0;
                }
                self.iter().map(|one| one.simple()).sum()
            }
        }

        impl std::ops::Neg for Stall {
            type Output = Self;

            fn neg(mut self) -> Self {
                self.0.reverse();
                self
            }
        }

        impl std::ops::Index<usize> for Stall {
            type Output = u32;

            fn index(&self, at: usize) -> &u32 {
                if at > 100 {
                    return &0;
                }
                &self.0[at]
            }
        }

        impl std::ops::IndexMut<usize> for Stall {
            fn index_mut(&mut self, at: usize) -> &mut u32 {
                &mut self.0[at]
            }
        }

        impl Iterator for Stall {
            type Item = u32;

            fn next(&mut self) -> Option<u32> {
                self.0.pop()?.checked_add(1)
            }

            fn size_hint(&self) -> (usize, Option<usize>) {
                (self.0.len(), Some(self.0.len()))
            }
        }

        impl Drop for Guard {
            fn drop(&mut self) {
                if self.0 == 0 {
                    return;
                }
                self.0 -= 1;
            }
        }

        pub(super) struct Guard(pub(super) u32);
    }

    #[test]
    fn methods_of_traits_are_methods() {
        same!({
            let stall = Stall(vec![2, 5, 4]);
            let mut changed = -stall.clone();
            changed[0] += changed[1];
            let simple: &dyn Simple = &&stall;
            let boxes: [Box<dyn Simple>; 1] = [Box::new(&stall)];
            drop(Guard(1));
            format!(
                "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
                stall.clone().whole(),
                Box::new(stall.clone()).boxed(),
                block_on(stall.twice()),
                block_on(stall.opaque_later()).to_string(),
                Stall::of_any_kind(9_u8),
                (&&stall).through_two(),
                block_on(Box::new(stall.clone()).into_later((1, Stall::default()))),
                stall.dynamic(5).collect::<Vec<_>>(),
                (simple.more(), boxes.simple()),
                changed.by_ref().collect::<Vec<_>>(),
                stall[200],
            )
        });
        for (name, calls) in [
            ("<shapes::unusual::traits::measured::Stall as shapes::unusual::traits::measured::Shop>::later", 2),
            ("<shapes::unusual::traits::measured::Stall as shapes::unusual::traits::measured::Shop>::opaque_later", 1),
            ("Shop::whole", 1),
            ("Shop::twice", 1),
            ("Stall::through_two", 1),
            ("<shapes::unusual::traits::measured::Guard as core::ops::drop::Drop>::drop", 1),
        ] {
            assert_eq!(counts(name), Counts::calls(calls), "{name}");
        }
    }
}
