//! `#[track_caller]`: who called stays who called, also for the panics inside.

use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use crate::{Counts, block_on, counts, same, twin};

type Answer<T> = Result<T, String>;
type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
/// Line and column.
type Place = (u32, u32);

fn place(at: &Location<'_>) -> Place {
    (at.line(), at.column())
}

twin! {
    #[track_caller]
    pub(super) fn plain() -> Place {
        place(Location::caller())
    }

    #[track_caller]
    pub(super) fn early(leave: bool) -> Place {
        if leave { return place(Location::caller()); }
        place(Location::caller())
    }

    #[track_caller]
    pub(super) fn by_question(text: &str) -> Result<Place, std::num::ParseIntError> {
        let n: u32 = text.parse()?;
        assert!(n < 100);
        Ok(place(Location::caller()))
    }

    #[track_caller]
    pub(super) fn aliased(n: u32) -> Answer<Place> {
        let inner = || -> Result<u32, ()> {
            if n == 5 { return Err(()); }
            Ok(1)
        };
        if inner().is_err() { return Ok((0, 0)); }
        if n == 0 { return Err("zero".to_owned()); }
        if n == 1 { Err("one")? }
        if n == 2 { return match n { 2 => Err("two".to_owned()), _ => return Ok((1, 1)) }; }
        Ok(place(Location::caller()))
    }

    #[track_caller]
    pub(super) fn option(n: Option<u32>) -> Option<Place> {
        n?;
        Some(place(Location::caller()))
    }

    #[track_caller]
    pub(super) fn unwraps(n: Option<u32>) -> Option<u32> {
        let n = n.unwrap();
        Some(n)?.checked_add(1)
    }

    #[track_caller]
    pub(super) fn stops(leave: bool) -> ! {
        assert!(leave, "not allowed to stop");
        panic!("stopped")
    }

    #[track_caller]
    pub(super) fn nothing(n: Option<u32>) {
        if n == Some(0) { return }
        n.expect("a number");
    }

    #[track_caller]
    pub(super) fn coerced(n: u32) -> Result<Box<dyn Fn() -> Place>, Box<dyn std::error::Error>> {
        let at = Location::caller();
        if n == 0 { return Err("zero".into()); }
        if n == 1 { return Ok(Box::new(|| (1, 1))); }
        Ok(Box::new(move || place(at)))
    }

    #[track_caller]
    pub(super) fn opaque(n: u32) -> Result<impl Fn(u32) -> Place, String> {
        let at = Location::caller();
        n.checked_sub(1).ok_or("zero")?;
        Ok(move |extra| (at.line() + extra, at.column()))
    }

    #[track_caller]
    pub(super) fn future(n: u32) -> impl Future<Output = Place> {
        assert!(n < 100, "too many");
        let at = Location::caller();
        async move { place(at) }
    }

    #[track_caller]
    pub(super) fn future_early(n: u32) -> impl Future<Output = Place> {
        let at = Location::caller();
        if n == 0 { return std::future::ready((0, 0)); }
        std::future::ready(place(at))
    }

    #[track_caller]
    pub(super) fn boxed(n: u32) -> BoxFuture<'static, Result<Place, ()>> {
        let at = Location::caller();
        if n == 0 { return Box::pin(async { Err(()) }); }
        Box::pin(async move { Ok(place(at)) })
    }

    #[track_caller]
    pub(super) fn generic<T>(value: Option<T>) -> Option<T> {
        if value.is_none() { return None; }
        value
    }

    #[track_caller]
    pub(super) fn with_items() -> Answer<Place> {
        fn helper() -> Result<(), String> { return Ok(()); }
        helper()?;
        let late = async { return 1_u32; };
        if block_on(late) != 1 { return Err(String::new()); }
        macro_rules! give { ($e:expr) => { return $e }; }
        give!(Ok(place(Location::caller())))
    }
}

/// Calls both on the same line and column, as far as `Location` can tell.
macro_rules! same_place {
    ($($call:tt)*) => {
        let (measured, bare) = ({ use self::measured::*; $($call)* }, { use self::bare::*; $($call)* });
        assert_eq!(measured, bare);
    };
}

mod ways_out {
    use super::*;

    pub(super) enum Way {
        Up { by: u32 },
        Down { by: u32 },
        Left,
        Right,
    }

    pub(super) struct Fixed<const N: usize>;

    twin! {
        #[track_caller]
        pub(super) fn among_closures(n: u32) -> Answer<Place> {
            let half = |n: u32| if n > 9 { return n } else { n / 2 };
            let both = move |a: Vec<u32>, b| -> bool { return a.is_empty() || b };
            let late = async move { return 1_u32 };
            let none = || return;
            none();
            let _ = (half(n), block_on(late));
            if n == 0 || half(n) == 100 { return Err("none".to_owned()); }
            let bits = n | 1 | if n == 1 { return Err("one".to_owned()) } else { 2 };
            let mut times = 0;
            [n].iter().for_each(&mut |_: &u32| if n > 100 { return } else { times += 1 });
            let _ = both(vec![], bits == 0) || return Err("never".to_owned());
            let _ = [n].iter().map(|n| n + 1).max().is_some_and(|n| n != 3) || return Err("two".to_owned());
            let value = 'body: {
                if n == 3 { return Ok((3, 3)); }
                for m in 4.. { if m == n { break 'body m; } }
                return Err("not found".to_owned());
            };
            let make = if value == 4 { return Ok((4, 4)); } else { |n: u32| -> Place { return (n, n) } };
            if n == 5 { return unsafe { Ok(std::mem::transmute::<Place, Place>((5, 5))) }; }
            if n == 6 { return loop { break Ok((6, 6)) }; }
            return { let place = make(value); Ok(place) };
        }

        #[track_caller]
        pub(super) fn among_patterns(way: Way) -> Answer<Place> {
            const LIMIT: u32 = const { 100 };
            fn fixed<const N: usize>() -> Fixed<{ N }> { return Fixed; }
            let Fixed::<3> = fixed();
            let None::<u32> = None else { return Err(String::new()) };
            if let Way::Up { by: 99 } | Way::Down { by: 99 } = way { return Ok((99, 99)); }
            Ok(match way {
                Way::Up { by: 0 } | Way::Down { by: 0 } => return Err("no way".to_owned()),
                Way::Up { by } | Way::Down { by } if by > LIMIT => { return Err("far".to_owned()) }
                | Way::Left | Way::Right => return Ok((0, 0)),
                _ => place(Location::caller()),
            })
        }

        #[track_caller]
        pub(super) fn maker_among_closures(n: u32) -> impl Future<Output = Place> {
            let at = Location::caller();
            let zero = |n: u32| if n == 0 { return true } else { false };
            if zero(n) { return std::future::ready((0, 0)); }
            std::future::ready(place(at))
        }
    }

    #[test]
    fn every_return_is_the_functions_own_or_somebody_elses() {
        for n in 0..8 {
            same_place!(among_closures(n));
        }
        for way in [(0, 0), (0, 99), (0, 1), (0, 101), (1, 0), (1, 1), (2, 0), (3, 0)] {
            let new = || match way {
                (0, by) => Way::Up { by },
                (1, by) => Way::Down { by },
                (2, _) => Way::Left,
                _ => Way::Right,
            };
            same_place!(among_patterns(new()));
        }
        same_place!((block_on(maker_among_closures(0)), block_on(maker_among_closures(1))));
        assert_eq!(counts("ways_out::measured::among_closures"), Counts::calls(8).errors(3));
        assert_eq!(counts("ways_out::measured::among_patterns"), Counts::calls(8).errors(3));
        assert_eq!(counts("ways_out::measured::maker_among_closures"), Counts::calls(2));
    }
}

mod by_trait {
    use super::*;
    use std::ops::{Index, IndexMut};

    twin! {
        pub(super) struct Known(pub(super) Vec<u32>);

        impl Index<usize> for Known {
            type Output = u32;

            fn index(&self, at: usize) -> &u32 {
                match self.0.get(at) {
                    Some(n) => n,
                    None => panic!("no {}", at),
                }
            }
        }

        impl IndexMut<usize> for Known {
            fn index_mut(&mut self, at: usize) -> &mut u32 {
                if at > 5 { return &mut self.0[0]; }
                self.0.get_mut(at).expect("known")
            }
        }
    }

    #[test]
    fn an_index_panics_where_it_is_used() {
        let here = line!();
        assert_eq!(panic_place(|| _ = measured::Known(vec![])[1]).0, here + 1);
        assert_eq!(panic_place(|| measured::Known(vec![])[1] = 2).0, here + 2);
        same!(Known(vec![1])[0]);
        same!({
            let mut known = Known(vec![1]);
            known[7] = 5;
            known[0]
        });
        let name = "<shapes::tracked::by_trait::measured::Known as core::ops::index::Index<usize>>::index";
        assert_eq!(counts(name), Counts::calls(3).panics(1));
    }
}

static HOOK: Mutex<()> = Mutex::new(());

/// Where the panic was that `run` ends with.
fn panic_place(run: impl FnOnce()) -> Place {
    use std::sync::Arc;
    let _one_at_a_time = HOOK.lock().unwrap_or_else(PoisonError::into_inner);
    let seen = Arc::new(Mutex::new((0, 0)));
    let (thread, inside) = (std::thread::current().id(), Arc::clone(&seen));
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().id() == thread {
            *inside.lock().unwrap() = place(info.location().unwrap());
        }
    }));
    let outcome = catch_unwind(AssertUnwindSafe(run));
    std::panic::set_hook(before);
    assert!(outcome.is_err());
    let place = *seen.lock().unwrap();
    place
}

#[test]
fn the_caller_is_the_caller() {
    same_place!(plain());
    same_place!((early(true), early(false)));
    same_place!((by_question("1"), by_question("x")));
    same_place!((aliased(0), aliased(1), aliased(2), aliased(3), aliased(5)));
    same_place!((option(None), option(Some(1))));
    same_place!(coerced(2).unwrap()());
    same_place!((coerced(1).unwrap()(), coerced(0).err().map(|e| e.to_string())));
    same_place!((opaque(0).err(), opaque(1).unwrap()(1)));
    same_place!((generic(Some(1)), generic(None::<u32>)));
    same_place!(with_items());
    assert_eq!(counts("tracked::measured::by_question"), Counts::calls(2).errors(1));
    assert_eq!(counts("tracked::measured::aliased"), Counts::calls(5).errors(3));
    assert_eq!(counts("tracked::measured::option"), Counts::calls(2));
    assert_eq!(counts("tracked::measured::coerced"), Counts::calls(3).errors(1));
    assert_eq!(counts("tracked::measured::opaque"), Counts::calls(2).errors(1));
}

#[test]
fn the_maker_of_a_future_is_the_caller() {
    same_place!(block_on(future(1)));
    same_place!((block_on(future_early(0)), block_on(future_early(1))));
    same_place!((block_on(boxed(0)), block_on(boxed(1))));
    assert_eq!(counts("tracked::measured::future"), Counts::calls(1));
    assert_eq!(counts("tracked::measured::future_early"), Counts::calls(2));
    assert_eq!(counts("tracked::measured::boxed"), Counts::calls(2).errors(1));
}

#[test]
fn panics_inside_are_at_the_callers_place() {
    let places = |unwraps: fn(Option<u32>) -> Option<u32>, stops: fn(bool) -> !, nothing: fn(Option<u32>)| {
        [panic_place(|| _ = unwraps(None)), panic_place(|| stops(true)), panic_place(|| nothing(None))]
    };
    // Function pointers hide the caller, so that both tell the place of the definition.
    let (measured, bare) = (
        places(measured::unwraps, measured::stops, measured::nothing),
        places(bare::unwraps, bare::stops, bare::nothing),
    );
    assert_eq!(measured, bare);
    let here = line!() + 1;
    assert_eq!(panic_place(|| _ = measured::unwraps(None)).0, here);
    assert_eq!(panic_place(|| drop(measured::future(100))).0, here + 1);
    assert_eq!(counts("tracked::measured::unwraps"), Counts::calls(2).panics(2));
}

#[test]
fn a_tracked_function_in_a_destructor_is_not_taken_for_a_panic() {
    #[perf_runtime::profiled]
    #[track_caller]
    fn while_unwinding(n: Option<u32>) -> Answer<u32> {
        Ok(n.ok_or("none")?)
    }
    struct Calls;
    impl Drop for Calls {
        fn drop(&mut self) {
            let _ = (while_unwinding(Some(1)), while_unwinding(None));
        }
    }
    let _ = catch_unwind(|| {
        let _calls = Calls;
        panic!("on purpose");
    });
    assert_eq!(counts("while_unwinding"), Counts::calls(2).errors(1));
    same!(plain().0 > 0);
}
