//! Random intervals between samples.

/// No call is sampled.
pub(crate) const OFF: u32 = u32::MAX;

/// The longest interval that is drawn.
pub(crate) const LONGEST: u32 = 1 << 30;

/// The next state of a xorshift generator (Marsaglia, "Xorshift RNGs", 2003, triple 13, 7, 17).
#[inline(always)]
pub(super) fn step(state: u64) -> u64 {
    let mut x = state;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    x
}

/// Calls until the next sample, that one included, one in `mean` of all: for the crates beside. Changes the state of the
/// generator, which must not be zero.
#[must_use]
pub fn next_interval(state: &mut u64, mean: u32) -> u32 {
    *state = step(*state);
    interval(*state, mean)
}

/// Calls until the next sample, that one included: geometrically distributed around `mean`.
///
/// Each call is then sampled with probability 1/`mean`, whatever came before it, so that no rhythm
/// of the program can fall in step with the sampler, a thread's first calls are as likely as its
/// later ones, and an interval may be drawn anew at any time without a bias. The logarithm behind
/// it is a polynomial: the mean is right to 10⁻⁴.
#[inline(always)]
pub(super) fn interval(random: u64, mean: u32) -> u32 {
    if mean <= 1 {
        return 1;
    }
    // ceil(-ln(u) / -ln(1 - 1/mean)), with -1/ln(1 - p) = 1/p - 1/2 - p/12 - p²/24 - 19p³/720 - …
    let p = 1.0 / f64::from(mean);
    let scale = f64::from(mean) - 0.5 - p * (1.0 / 12.0 + p * (1.0 / 24.0 + p * (19.0 / 720.0)));
    let drawn = minus_ln(random) * scale;
    (drawn as u32).saturating_add(1).min(LONGEST)
}

/// -ln of `random` taken as a number in (0, 1].
#[inline(always)]
fn minus_ln(random: u64) -> f64 {
    // random = 2^(63 - zeros) * m, with m in [1, 2).
    let random = random | 1;
    let zeros = random.leading_zeros();
    let mantissa = (random << zeros) << 1 >> 12;
    let x = f64::from_bits(mantissa | 0x3FF0_0000_0000_0000);
    // log2(1 + t) on [0, 1) as t + t(1 - t)(a + t(b + t(c + d t))), exact at both ends and within
    // 2e-5 between them: a least-squares fit of our own, weighted towards the smallest maximum.
    let t = x - 1.0;
    let log2 = t + t * (1.0 - t) * (0.442_067_33 + t * (-0.268_321_34 + t * (0.150_820_63 - t * 0.046_617_31)));
    (f64::from(zeros) + 1.0 - log2) * core::f64::consts::LN_2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draws(mean: u32, n: u32) -> Vec<u32> {
        let mut state = 0x9E37_79B9_7F4A_7C15;
        (0..n)
            .map(|_| {
                state = step(state);
                interval(state, mean)
            })
            .collect()
    }

    #[test]
    fn the_logarithm_is_right_to_a_thousandth() {
        let mut state = 1;
        for _ in 0..100_000 {
            state = step(state);
            let exact = -(state as f64 / 2_f64.powi(64)).ln();
            assert!((minus_ln(state) - exact).abs() < 1e-3, "{state}: {} for {exact}", minus_ln(state));
        }
    }

    #[test]
    fn intervals_have_the_mean_and_the_spread_of_a_geometric_distribution() {
        for mean in [2_u32, 3, 7, 64, 1000, 100_000] {
            let drawn = draws(mean, 400_000);
            let n = drawn.len() as f64;
            let average = drawn.iter().map(|&i| f64::from(i)).sum::<f64>() / n;
            let variance = drawn.iter().map(|&i| (f64::from(i) - average).powi(2)).sum::<f64>() / n;
            let (p, m) = (1.0 / f64::from(mean), f64::from(mean));
            assert!((average / m - 1.0).abs() < 0.01, "mean {mean}: {average}");
            assert!((variance / ((1.0 - p) * m * m) - 1.0).abs() < 0.03, "mean {mean}: {variance}");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_interval_is_at_least_one_and_bounded(random: u64, mean: u32) {
            let drawn = interval(random, mean);
            assert!((1..=LONGEST).contains(&drawn), "{drawn}");
        }
    }

    #[test]
    fn a_mean_of_one_takes_every_call() {
        assert!(draws(1, 1000).iter().all(|&i| i == 1));
    }
}
