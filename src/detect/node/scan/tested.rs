//! A repository whose program is `index.js`, for the tests of this folder.

use super::super::App;
use super::super::launch::Launch;
use super::{Scan, read};
use crate::repo::Repo;

/// What is found out about the program of these files.
pub(super) fn scanned(files: &[(&str, &str)]) -> Scan {
    let repo = Repo::from_files(files.iter().copied());
    let app = App::read(&repo.root()).unwrap().unwrap();
    let (file, source) = ("index.js".to_owned(), Some("index.js".to_owned()));
    read(&app, &Launch { file, source, ..Launch::default() }).unwrap()
}
