//! A thousand functions that are measured, in modules of ten.

/// Ten modules of what `next` makes.
macro_rules! ten {
    ($next:ident $($rest:ident)*) => {
        ten!{ @ $next [$($rest)*] m0 m1 m2 m3 m4 m5 m6 m7 m8 m9 }
    };
    (@ $next:ident $rest:tt $($name:ident)*) => {
        $(#[doc(hidden)]
            pub mod $name { ten!{ @@ $next $rest } })*
        /// Calls all of them.
        pub fn all(x: u64) -> u64 {
            $($name::all(x))^*
        }
    };
    (@@ $next:ident [$($rest:ident)*]) => { $next!{ $($rest)* } };
}

macro_rules! function {
    () => {
        #[perf_runtime::profiled]
        #[inline(never)]
        /// Calls all of them.
        pub fn all(x: u64) -> u64 {
            (0..x).fold(3, |sum, n| std::hint::black_box(sum ^ n))
        }
    };
}

ten! { ten ten function }
