//! What is in the system's files. Whatever it is, nobody panics: what is not understood is not there.

use std::path::PathBuf;

/// A whole number, alone: `memory.current`, `cpuacct.usage`, …
#[must_use]
pub fn number(text: &str) -> Option<u64> {
    text.trim().parse().ok()
}

/// The number that follows a word: `usage_usec 17` in `cpu.stat`, `MemTotal:   17 kB` in `meminfo`.
#[must_use]
pub fn keyed(text: &str, key: &str) -> Option<u64> {
    let value = |line: &str| {
        let mut words = line.split_ascii_whitespace();
        let is_it = words.next()?.trim_end_matches(':') == key;
        words.next().filter(|_| is_it)?.parse().ok()
    };
    text.lines().find_map(value)
}

/// The processors of a quota, as `cpu.max` has it: microseconds of so many. None where it says `max`.
#[must_use]
pub fn quota(text: &str) -> Option<f64> {
    let (quota, period) = text.trim().split_once(' ')?;
    quota_of(quota, period)
}

/// The same as two files have it, `cpu.cfs_quota_us` and `cpu.cfs_period_us`. None where the first says -1.
#[must_use]
pub fn quota_of(quota: &str, period: &str) -> Option<f64> {
    let (quota, period) = (number(quota)?, number(period)?);
    (quota > 0 && period > 0).then(|| quota as f64 / period as f64)
}

/// The share of the last ten seconds in which some task had to wait, as the files of pressure have it in percent.
#[must_use]
pub fn pressure(text: &str) -> Option<f64> {
    let some = text.lines().find_map(|line| line.strip_prefix("some "))?;
    let percent = some.split_ascii_whitespace().find_map(|word| word.strip_prefix("avg10="))?;
    percent.parse().ok().filter(|percent| (0.0..=100.0).contains(percent)).map(|percent: f64| percent / 100.0)
}

/// Time that processors had, in ticks of whatever length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ticks {
    /// In which they did something, or the hypervisor let them do nothing.
    pub busy: u64,
    /// All of it.
    pub all: u64,
}

/// The time of all processors that are `allowed`, of `/proc/stat`.
#[must_use]
pub fn ticks(text: &str, allowed: &Processors) -> Option<Ticks> {
    let mut sum = None;
    for line in text.lines() {
        let Some((number, times)) = line.strip_prefix("cpu").and_then(|line| line.split_once(' ')) else { continue };
        if !number.parse().is_ok_and(|number| allowed.contains(number)) {
            continue;
        }
        // user nice system idle iowait irq softirq steal; those of guests after them are among the first two.
        let mut of = [0_u64; 8];
        for (of, time) in of.iter_mut().zip(times.split_ascii_whitespace()) {
            *of = time.parse().ok()?;
        }
        let all = of.iter().fold(0_u64, |sum, time| sum.saturating_add(*time));
        let idle = of[3].saturating_add(of[4]);
        let sum: &mut Ticks = sum.get_or_insert_default();
        sum.all = sum.all.saturating_add(all);
        sum.busy = sum.busy.saturating_add(all.saturating_sub(idle));
    }
    sum
}

/// Processors by their numbers: ranges, both ends included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Processors(Vec<(u32, u32)>);

impl Processors {
    /// Those that this process may run on, of `/proc/self/status`.
    #[must_use]
    pub fn allowed(status: &str) -> Option<Self> {
        Self::listed(status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?)
    }

    /// Those of a list: `0-3,8`.
    #[must_use]
    pub fn listed(ranges: &str) -> Option<Self> {
        let ends = |range: &str| {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            Some((first.parse().ok()?, last.parse().ok()?)).filter(|(first, last)| first <= last)
        };
        ranges.trim().split(',').map(ends).collect::<Option<_>>().map(Self)
    }

    /// All that there are.
    #[must_use]
    pub fn all() -> Self {
        Self(vec![(0, u32::MAX)])
    }

    fn contains(&self, number: u32) -> bool {
        self.0.iter().any(|(first, last)| (*first..=*last).contains(&number))
    }

    /// How many; none where nobody knows.
    #[must_use]
    pub fn count(&self) -> Option<f64> {
        let count: u64 = self.0.iter().map(|(first, last)| u64::from(last - first) + 1).sum();
        (count < u64::from(u32::MAX)).then_some(count as f64)
    }
}

/// A control group that this process is in: a line of `/proc/self/cgroup`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership<'a> {
    /// Of the first version, by commas; the second has none here.
    pub controllers: &'a str,
    /// From the root of its hierarchy.
    pub path: &'a str,
}

/// The control groups of `/proc/self/cgroup`.
pub fn memberships(text: &str) -> impl Iterator<Item = Membership<'_>> {
    text.lines().filter_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        Some(Membership { controllers: parts.next()?, path: parts.next()? })
    })
}

/// Where control groups are to be seen: a line of `/proc/self/mountinfo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount<'a> {
    /// The control group that the mount point is.
    pub root: PathBuf,
    /// Where it is.
    pub point: PathBuf,
    /// The controllers of the first version, and others; none where it is the second.
    pub options: Option<&'a str>,
}

/// Those of `/proc/self/mountinfo`.
pub fn mounts(text: &str) -> impl Iterator<Item = Mount<'_>> {
    text.lines().filter_map(|line| {
        let (mount, filesystem) = line.split_once(" - ")?;
        let mut filesystem = filesystem.split(' ');
        let is_second = match filesystem.next()? {
            "cgroup" => false,
            "cgroup2" => true,
            _ => return None,
        };
        let options = filesystem.nth(1).filter(|_| !is_second);
        let mut mount = mount.split(' ').skip(3);
        Some(Mount { root: path(mount.next()?), point: path(mount.next()?), options })
    })
}

/// A path in which blanks and the like are written as `\040`.
fn path(escaped: &str) -> PathBuf {
    let mut plain = String::with_capacity(escaped.len());
    let mut rest = escaped;
    while let Some((before, after)) = rest.split_once('\\') {
        plain.push_str(before);
        let code = after.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok()).filter(u8::is_ascii);
        plain.push(code.map_or('\\', char::from));
        rest = if code.is_some() { &after[3..] } else { after };
    }
    plain.push_str(rest);
    plain.into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_found_alone_and_behind_their_word() {
        assert_eq!((number("17\n"), number("max\n"), number("")), (Some(17), None, None));
        let stat = "usage_usec 17\nuser_usec 11\nnr_periods 3\n";
        assert_eq!(
            (keyed(stat, "user_usec"), keyed(stat, "usec"), keyed("user_usec", "user_usec")),
            (Some(11), None, None)
        );
        assert_eq!(keyed("MemTotal:       24684092 kB\nMemFree: 1 kB\n", "MemTotal"), Some(24_684_092));
    }

    #[test]
    fn a_quota_is_a_number_of_processors_and_none_is_none() {
        assert_eq!((quota("150000 100000\n"), quota("max 100000\n"), quota("1 0")), (Some(1.5), None, None));
        assert_eq!((quota_of("50000\n", "100000\n"), quota_of("-1\n", "100000\n")), (Some(0.5), None));
    }

    #[test]
    fn pressure_is_a_share_of_the_last_ten_seconds() {
        let text = "some avg10=12.50 avg60=0.00 avg300=0.00 total=1\nfull avg10=99.00 avg60=0.00 avg300=0.00 total=1\n";
        assert_eq!(pressure(text), Some(0.125));
        for wrong in ["", "full avg10=1.00", "some avg60=1.00", "some avg10=NaN", "some avg10=inf", "some avg10=-1.0"] {
            assert_eq!(pressure(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn processors_that_this_process_may_not_use_do_not_count() {
        let stat = "cpu  111 0 0 222 0 0 0 0 0 0\ncpu0 10 1 2 80 5 1 1 0 9 9\ncpu1 90 0 0 10 0 0 0 0 0 0\n\
                    cpu12 5 0 0 5\nintr 1\n";
        let allowed = |list: &str| Processors::allowed(&format!("Name:\tx\nCpus_allowed_list:\t{list}\n")).unwrap();
        assert_eq!(ticks(stat, &allowed("0")), Some(Ticks { busy: 15, all: 100 }));
        assert_eq!(ticks(stat, &allowed("1-3,12")), Some(Ticks { busy: 95, all: 110 }));
        assert_eq!(ticks(stat, &Processors::all()), Some(Ticks { busy: 110, all: 210 }));
        assert_eq!(ticks(stat, &allowed("4-8")), None);
        assert_eq!((allowed("0-3,8").count(), Processors::all().count()), (Some(5.0), None));
        assert_eq!(Processors::allowed("Cpus_allowed_list:\t3-1\n"), None);
    }

    #[test]
    fn control_groups_are_told_with_their_controllers() {
        let all: Vec<_> = memberships("12:cpu,cpuacct:/a:b\n1:name=systemd:/\n0::/user.slice\nnonsense\n").collect();
        let expected = [("cpu,cpuacct", "/a:b"), ("name=systemd", "/"), ("", "/user.slice")];
        assert_eq!(all, expected.map(|(controllers, path)| Membership { controllers, path }));
    }

    #[test]
    fn mounts_of_control_groups_are_told_from_others() {
        let text = "31 23 0:28 / / rw,relatime shared:1 - ext4 /dev/sda rw\n\
                    32 31 0:29 /docker/1 /sys/fs/cgroup/cpu,cpuacct rw master:9 - cgroup cgroup rw,cpu,cpuacct\n\
                    41 31 0:38 / /my\\040groups\\134\\9 rw,relatime - cgroup2 cgroup2 rw,nsdelegate\n";
        let all: Vec<_> = mounts(text).collect();
        assert_eq!(
            all[0],
            Mount {
                root: "/docker/1".into(),
                point: "/sys/fs/cgroup/cpu,cpuacct".into(),
                options: Some("rw,cpu,cpuacct"),
            }
        );
        assert_eq!(all[1], Mount { root: "/".into(), point: "/my groups\\\\9".into(), options: None });
        assert_eq!(all.len(), 2);
    }

    /// Lines of the files' words, in whatever order, and anything at all.
    fn texts() -> impl Strategy<Value = String> {
        let word = prop_oneof![
            Just("cpu0".to_owned()),
            Just("some".to_owned()),
            Just("avg10=1e999".to_owned()),
            Just("max".to_owned()),
            Just("Cpus_allowed_list:".to_owned()),
            Just("0-4294967295,7".to_owned()),
            Just("- cgroup2".to_owned()),
            Just("/a\\04\u{e9}\\777".to_owned()),
            Just("\n".to_owned()),
            Just("0::/".to_owned()),
            any::<u64>().prop_map(|number| number.to_string()),
            ".{0,5}",
        ];
        prop_oneof![
            prop::collection::vec(word, 0..30).prop_map(|words| words.join(" ")),
            ".{0,100}",
            "[a-z:0-9 \n-]{0,100}"
        ]
    }

    proptest! {
        #[test]
        fn no_text_makes_anybody_panic(text in texts(), other in texts()) {
            _ = number(&text);
            _ = keyed(&text, "usage_usec");
            prop_assert!(pressure(&text).is_none_or(|share| (0.0..=1.0).contains(&share)));
            for quota in [quota(&text), quota_of(&text, &other)].into_iter().flatten() {
                prop_assert!(quota > 0.0 && quota.is_finite());
            }
            let allowed = Processors::allowed(&other).unwrap_or_else(Processors::all);
            _ = allowed.count();
            prop_assert!(ticks(&text, &allowed).is_none_or(|ticks| ticks.busy <= ticks.all));
            memberships(&text).count();
            mounts(&text).count();
        }
    }
}
