//! The exit codes, which scripts may rely on.

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// The files are not what they should be: drift, a broken rule, or a conflict. Nothing was
    /// written.
    Differs,
    /// Refused or failed, with an error on standard error; nothing was written.
    Failed,
    /// Ctrl-C, or a signal that means the same; nothing was written.
    Interrupted,
}

impl Exit {
    /// The number: 0, 1, 2, or 130 (128 + SIGINT, as shells have it).
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
