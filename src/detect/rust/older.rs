//! Libraries of the builder's Debian that the final image has in another version.

use std::collections::BTreeMap;

use anyhow::Result;

use super::codes;
use crate::catalog::Catalog;
use crate::detect::Chosen;
use crate::facts::{Finding, Needs};

/// The sonames of a Debian release that the final image lacks, by release and key of packages.toml.
type Older = BTreeMap<String, BTreeMap<String, String>>;

/// A finding for each library that is linked dynamically in a builder on an older Debian.
pub(super) fn libraries(chosen: &Chosen) -> Result<Vec<Finding>> {
    if chosen.base.row.static_link {
        return Ok(Vec::new());
    }
    found(chosen.catalog, &chosen.program.needs, chosen.toolchain)
}

fn found(catalog: &Catalog, needs: &Needs, toolchain: &str) -> Result<Vec<Finding>> {
    let release = catalog.image("{debian}", toolchain);
    let older: Older = catalog.table("older_libraries")?;
    let Some(names) = older.get(&release) else { return Ok(Vec::new()) };
    let linked = needs.packages.iter();
    let linked = linked.filter_map(|need| Some((need, names.get(&need.value)?)));
    let all = linked.map(|(need, soname)| {
        let what = format!(
            "the image of Rust {toolchain} is Debian {release}, so the program asks for \
             {soname}, which the final image does not have"
        );
        Finding::new(codes::LIBRARY_OF_OLDER_DEBIAN, what, need.evidence.clone())
    });
    Ok(all.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Evidence, Sourced};
    use crate::path::RelPath;

    #[test]
    fn a_library_that_changed_since_the_builders_debian_is_said() {
        let catalog = Catalog::of("rust").unwrap();
        let packages = crate::catalog::system_packages().unwrap();
        let older: Older = catalog.table("older_libraries").unwrap();
        for key in older.values().flat_map(BTreeMap::keys) {
            assert!(packages.contains_key(key), "{key}");
        }
        let said = |key: &str, toolchain: &str| {
            let at = Evidence::file(&RelPath::root(), "test");
            let packages = vec![Sourced::new(key.to_owned(), at)];
            let needs = Needs { packages, ..Needs::default() };
            !found(catalog, &needs, toolchain).unwrap().is_empty()
        };
        assert!(said("openssl-library", "1.68.0"));
        assert!(!said("openssl-library", "1.80"));
        assert!(said("ffmpeg-library", "1.80"));
        assert!(!said("libpq", "1.68.0"));
        assert!(!said("openssl-library", &catalog.default_cycle));
    }
}
