//! Exit codes. Scripts may rely on them.

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Success.
    Done,
    /// The files are out of date, violate a rule or have a conflict. Nothing was written.
    Differs,
    /// An error, reported on standard error. Nothing was written, or not for the applications that it
    /// names.
    Failed,
    /// Ctrl-C or a similar signal. Nothing was written.
    Interrupted,
}

impl Exit {
    /// The number: 0, 1, 2, or 130 (128 + SIGINT, as in shells).
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Differs => 1,
            Self::Failed => 2,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
