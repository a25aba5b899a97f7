//! Where the control groups of this process are to be read.

use std::path::{Component, Path, PathBuf};

use crate::Files;
use crate::parse::{Membership, Mount, memberships, mounts};

/// The directories of one hierarchy that have a say about this process: its own control group first, and then those
/// around it, as far as they are to be seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hierarchy {
    /// See the type.
    pub dirs: Vec<PathBuf>,
}

/// A controller's files are in a hierarchy of its own in the first version, in the common one in the second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Controlled {
    /// In the first version.
    First(Hierarchy),
    /// In the second.
    Second(Hierarchy),
}

/// All that is to be known from `/proc/self/cgroup` and `/proc/self/mountinfo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// Where quotas are.
    pub cpu: Controlled,
    /// Where the first version counts what was used.
    pub cpu_usage: Hierarchy,
    /// Where limits of memory are.
    pub memory: Controlled,
    /// The second version's, which alone knows pressure.
    pub unified: Hierarchy,
}

impl Places {
    /// Those of this process.
    #[must_use]
    pub fn here(files: &Files) -> Self {
        let read = |file| files.read(file).unwrap_or_default();
        Self::of(&read("/proc/self/cgroup"), &read("/proc/self/mountinfo"))
    }

    /// Those that these two files tell of.
    #[must_use]
    pub fn of(cgroup: &str, mountinfo: &str) -> Self {
        let memberships: Vec<_> = memberships(cgroup).collect();
        let mounts: Vec<_> = mounts(mountinfo).collect();
        let unified = hierarchy(None, "", &memberships, &mounts);
        let of = |controller| {
            let first = memberships.iter().find(|membership| has(membership.controllers, controller));
            match first {
                Some(membership) => {
                    Controlled::First(hierarchy(Some(controller), membership.path, &memberships, &mounts))
                }
                None => Controlled::Second(unified.clone()),
            }
        };
        let cpu = of("cpu");
        // A quota is held against what the same control group has used, wherever this process is otherwise.
        let path = memberships.iter().find(|membership| has(membership.controllers, "cpu")).map_or("/", |cpu| cpu.path);
        let cpu_usage = hierarchy(Some("cpuacct"), path, &memberships, &mounts);
        Self { memory: of("memory"), cpu, cpu_usage, unified }
    }
}

fn has(list: &str, name: &str) -> bool {
    list.split(',').any(|one| one == name)
}

/// The directories of a controller of the first version, or of the second, for the control group at `path`.
fn hierarchy(controller: Option<&str>, path: &str, memberships: &[Membership<'_>], mounts: &[Mount<'_>]) -> Hierarchy {
    let path = match controller {
        Some(_) => path,
        None => {
            memberships.iter().find(|membership| membership.controllers.is_empty()).map_or("/", |unified| unified.path)
        }
    };
    let path = Path::new(path);
    let is_it = |mount: &&Mount<'_>| match (controller, mount.options) {
        (Some(controller), Some(options)) => has(options, controller),
        (None, None) => true,
        _ => false,
    };
    let shows_it = |mount: &&Mount<'_>| inside(path, &mount.root).is_some();
    let found = mounts.iter().filter(is_it).find(shows_it).or_else(|| mounts.iter().find(is_it));
    let (root, point) = match (found, controller) {
        (Some(mount), _) => (mount.root.clone(), mount.point.clone()),
        // Where they usually are.
        (None, None) => ("/".into(), "/sys/fs/cgroup".into()),
        (None, Some(controller)) => ("/".into(), Path::new("/sys/fs/cgroup").join(controller)),
    };
    // Of a control group beyond what is mounted here, as in a container that shares the host's names, the mount
    // point is all that is to be seen.
    let inside = inside(path, &root).unwrap_or_default();
    let dirs = inside.ancestors().map(|inside| point.join(inside)).collect();
    Hierarchy { dirs }
}

/// The rest of a path below `root`; none where it leads elsewhere.
fn inside(path: &Path, root: &Path) -> Option<PathBuf> {
    let rest = path.strip_prefix(root).ok()?;
    rest.components().all(|part| matches!(part, Component::Normal(_))).then(|| rest.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: &str = "30 23 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";

    fn dirs(controlled: &Controlled) -> Vec<&str> {
        let (Controlled::First(hierarchy) | Controlled::Second(hierarchy)) = controlled;
        strs(hierarchy)
    }

    fn strs(hierarchy: &Hierarchy) -> Vec<&str> {
        hierarchy.dirs.iter().map(|dir| dir.to_str().unwrap().trim_end_matches('/')).collect()
    }

    #[test]
    fn a_service_is_in_its_own_control_group_and_those_around_it() {
        let places = Places::of("0::/system.slice/shop.service\n", SECOND);
        let expected = ["/sys/fs/cgroup/system.slice/shop.service", "/sys/fs/cgroup/system.slice", "/sys/fs/cgroup"];
        assert!(matches!(places.cpu, Controlled::Second(_)));
        assert_eq!((dirs(&places.cpu), dirs(&places.memory)), (expected.to_vec(), expected.to_vec()));
        assert_eq!(strs(&places.unified), expected);
    }

    #[test]
    fn in_a_container_with_names_of_its_own_the_mount_point_is_its_control_group() {
        let places = Places::of("0::/\n", SECOND);
        assert_eq!(dirs(&places.cpu), ["/sys/fs/cgroup"]);
    }

    #[test]
    fn in_a_container_that_sees_the_hosts_names_paths_begin_where_the_mount_does() {
        let mountinfo = "41 31 0:38 /docker/1 /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n\
                         42 31 0:39 /docker/1 /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n";
        let places = Places::of("4:cpu,cpuacct:/docker/1/inner\n3:memory:/docker/1\n", mountinfo);
        let cpu = ["/sys/fs/cgroup/cpu,cpuacct/inner", "/sys/fs/cgroup/cpu,cpuacct"];
        assert!(matches!(places.cpu, Controlled::First(_)));
        assert_eq!((dirs(&places.cpu), strs(&places.cpu_usage)), (cpu.to_vec(), cpu.to_vec()));
        assert_eq!(dirs(&places.memory), ["/sys/fs/cgroup/memory"]);
    }

    #[test]
    fn of_what_is_beyond_the_mount_the_mount_point_is_all_that_shows() {
        assert_eq!(dirs(&Places::of("0::/../other\n", SECOND).cpu), ["/sys/fs/cgroup"]);
        let elsewhere = "30 23 0:26 /kubepods/1 /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
        assert_eq!(dirs(&Places::of("0::/kubepods/12\n", elsewhere).cpu), ["/sys/fs/cgroup"]);
    }

    #[test]
    fn with_both_versions_each_controller_is_where_it_is_managed() {
        let mountinfo = "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n\
                         33 31 0:30 / /sys/fs/cgroup/cpuacct rw - cgroup cgroup rw,cpuacct\n\
                         41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
        let places = Places::of("2:cpuacct:/\n1:cpu:/jobs\n0::/a\n", mountinfo);
        assert_eq!(dirs(&places.cpu), ["/sys/fs/cgroup/cpu/jobs", "/sys/fs/cgroup/cpu"]);
        assert_eq!(strs(&places.cpu_usage), ["/sys/fs/cgroup/cpuacct/jobs", "/sys/fs/cgroup/cpuacct"]);
        assert_eq!(dirs(&places.memory), ["/sys/fs/cgroup/unified/a", "/sys/fs/cgroup/unified"]);
    }

    #[test]
    fn without_a_word_about_mounts_they_are_looked_for_where_they_usually_are() {
        let places = Places::of("1:memory:/a\n", "");
        assert_eq!(dirs(&places.memory), ["/sys/fs/cgroup/memory/a", "/sys/fs/cgroup/memory"]);
        assert_eq!(strs(&Places::of("", "").unified), ["/sys/fs/cgroup"]);
    }

    proptest! {
        #[test]
        fn whatever_the_files_say_nobody_leaves_the_mount(path in "[a./:\\\\0-9]{0,20}", root in "[a./]{0,10}") {
            let mountinfo = format!("30 23 0:26 {root} /groups rw - cgroup2 cgroup2 rw\n");
            let places = Places::of(&format!("0::{path}\n"), &mountinfo);
            prop_assert!(places.unified.dirs.iter().all(|dir| dir.starts_with("/groups")));
            let parts = places.unified.dirs.iter().flat_map(|dir| dir.components());
            prop_assert!(parts.into_iter().all(|part| part != Component::ParentDir));
        }
    }
}
