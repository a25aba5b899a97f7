//! What a page has to be ready for: one name twice, names that are no words, numbers that are none.

use metrics::{counter, gauge, histogram};
use perf_runtime::{Rejected, profiled, rate_limited};

/// Calls all of it, the slow one of two that have one name once in two times.
pub(crate) fn call_all(round: u64) {
    twins(round);
    script(round);
    image("<b>bold</b> & \"quoted\"\u{202e}backwards", &"long ".repeat(60));
    long(round);
    rightwards(round);
    backwards(round);
    emoji(round);
    address(round);
    generic(round);
    if round == 0 {
        once();
    }
    let _ = fails(round);
    guarded();
    numbers(round);
}

/// Two functions of one name, the quick one called often.
#[profiled]
fn twins(round: u64) {
    {
        #[profiled]
        fn twin(text: u64) -> u64 {
            text + 1
        }
        for _ in 0..40 {
            std::hint::black_box(twin(round));
        }
    }
    if round.is_multiple_of(2) {
        #[profiled(capture(round))]
        fn twin(round: u64) {
            std::thread::sleep(std::time::Duration::from_millis(1 + round % 3));
        }
        twin(round);
    }
}

/// Two guards of one name and kind.
fn guarded() {
    {
        #[rate_limited(rate = "1/s")]
        fn mail() -> Result<(), Rejected> {
            Ok(())
        }
        let _ = mail();
    }
    {
        #[rate_limited(rate = "1000/s")]
        fn mail() -> Result<(), Rejected> {
            Ok(())
        }
        let _ = mail();
    }
}

macro_rules! named {
    ($($name:literal: $function:ident)*) => {
        $(
            #[profiled(name = $name)]
            fn $function(round: u64) -> u64 {
                (0..round % 100).sum()
            }
        )*
    };
}

named! {
    "<script>alert(1)</script>": script
    "a_name_that_does_not_end::for_a_long_while::because_somebody_has_made_it_of_all_that_there_is::and_of_some_more_that_there_is_not::until_it_is_wider_than_any_window_that_anybody_has_ever_had_on_any_desk_of_theirs": long
    "חנות::הזמנה_חדשה": rightwards
    "safe\u{202e}evil": backwards
    "🛒::👩‍👩‍👧_заказ": emoji
    "q?name=a&b=%20#c \"d\" 'e'": address
    "<alloc::vec::Vec<shop::Order> as shop::Store<shop::Key<'_>>>::insert": generic
}

#[profiled(name = "<img src=x onerror=alert(2)>", capture(text = %text, more = %more), label(text = text))]
fn image(text: &str, more: &str) -> usize {
    std::thread::sleep(std::time::Duration::from_micros(200));
    text.len() + more.len()
}

#[profiled]
fn once() {}

#[profiled]
fn fails(round: u64) -> Result<(), u64> {
    Err(round)
}

fn numbers(round: u64) {
    gauge!("not_a_number").set(f64::NAN);
    gauge!("endless").set(f64::INFINITY);
    gauge!("huge").set(1e300);
    gauge!("tiny").set(-1e-300);
    gauge!("nothing").set(0.0);
    counter!("most").absolute(u64::MAX - 1);
    histogram!("<i>spread</i>", "way" => "\u{202e}& <b>").record(if round.is_multiple_of(2) { 0.0 } else { 1e18 });
}
