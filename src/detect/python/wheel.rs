//! What the name of a wheel says about where it can be installed:
//! <https://packaging.python.org/en/latest/specifications/binary-distribution-format/>.

/// Which C library a wheel must fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Platform {
    Glibc,
    Musl,
}

/// The three tags of a wheel's name, each with its alternatives.
struct Tags<'a> {
    python: &'a str,
    abi: &'a str,
    platform: &'a str,
}

fn tags(file: &str) -> Option<Tags<'_>> {
    // From the end, because the name of the package may hold hyphens too.
    let mut parts = file.strip_suffix(".whl")?.rsplitn(4, '-');
    let (platform, abi, python) = (parts.next()?, parts.next()?, parts.next()?);
    parts.next().map(|_| Tags { python, abi, platform })
}

/// True for the name of a wheel.
pub(super) fn is_wheel(file: &str) -> bool {
    tags(file).is_some()
}

/// True if a file of that name installs on every platform.
pub(super) fn is_pure(file: &str) -> bool {
    tags(file).is_some_and(|tags| tags.platform == "any" && tags.abi == "none")
}

/// True if a file of that name installs on 64-bit Linux with this C library, under Python
/// 3.`minor`.
pub(super) fn fits(file: &str, minor: u64, platform: Platform) -> bool {
    tags(file).is_some_and(|tags| on(tags.platform, platform) && under(&tags, minor))
}

fn on(tag: &str, platform: Platform) -> bool {
    tag.split('.').any(|one| {
        let libc = match platform {
            Platform::Glibc => one.starts_with("manylinux") || one.starts_with("linux_"),
            Platform::Musl => one.starts_with("musllinux"),
        };
        // dockgen asks for the commonest machine: a wheel for it has its sibling for arm64.
        one == "any" || libc && one.ends_with("x86_64")
    })
}

fn under(tags: &Tags, minor: u64) -> bool {
    // A wheel of the stable interface runs on every later minor version.
    let stable = tags.abi.split('.').any(|abi| abi == "abi3");
    let plain = tags.abi.split('.').any(|abi| abi == "none");
    tags.python.split('.').any(|python| {
        if let Some(named) = python.strip_prefix("cp3").and_then(|text| text.parse::<u64>().ok()) {
            let own = tags.abi.split('.').any(|abi| abi == format!("cp3{named}"));
            // Python 3.7 and older marked their interface with an `m`.
            let old = tags.abi == format!("cp3{named}m");
            return (stable || plain) && named <= minor || (own || old) && named == minor;
        }
        match python.strip_prefix("py3") {
            Some("") => plain || stable,
            Some(named) => plain && named.parse::<u64>().is_ok_and(|named| named <= minor),
            None => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_says_where_it_installs() {
        let glibc = |file: &str, minor| fits(file, minor, Platform::Glibc);
        let numpy = "numpy-2.1.0-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl";
        assert!(glibc(numpy, 12) && !glibc(numpy, 13) && !fits(numpy, 12, Platform::Musl));
        let stable = "cryptography-44.0.0-cp37-abi3-musllinux_1_2_x86_64.whl";
        assert!(fits(stable, 14, Platform::Musl) && !glibc(stable, 14));
        assert!(
            glibc("six-1.16.0-py2.py3-none-any.whl", 14)
                && is_pure("six-1.16.0-py2.py3-none-any.whl")
        );
        assert!(!glibc("x-1-cp313-cp313t-manylinux_2_28_x86_64.whl", 13));
        assert!(!glibc("x-1-cp313-cp313-manylinux_2_28_aarch64.whl", 13));
        assert!(!glibc("x-1-cp313-cp313-win_amd64.whl", 13));
        assert!(glibc("ruff-0.8.0-py3-none-manylinux_2_17_x86_64.whl", 14));
        assert!(!is_wheel("psycopg2-2.9.10.tar.gz"));
    }
}
