//! Moves over the bytes of one JSON value and knows where in it they stand: how deep, in a text or
//! not, and under which name of the outermost object. It judges no grammar: the JSON library does.

/// What comes next at the first level of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expect {
    Key,
    Colon,
    Value,
    Next,
}

/// One JSON value on its way: the row, or the object around the list.
#[derive(Debug)]
pub(super) struct Value {
    pub(super) depth: u32,
    pub(super) in_string: bool,
    pub(super) escaped: bool,
    pub(super) expect: Expect,
    pub(super) in_key: bool,
    pub(super) key: Vec<u8>,
}

impl Value {
    pub(super) const fn new() -> Self {
        Self {
            depth: 0,
            in_string: false,
            escaped: false,
            expect: Expect::Next,
            in_key: false,
            key: Vec::new(),
        }
    }

    pub(super) fn reset(&mut self) {
        self.key.clear();
        let key = std::mem::take(&mut self.key);
        *self = Self { key, ..Self::new() };
    }

    pub(super) fn key_is(&self, name: &str) -> bool {
        self.key.eq_ignore_ascii_case(name.as_bytes())
    }
}

impl Value {
    /// Longest name that is told from others.
    pub(super) const KEY_BYTES_MAX: usize = 64;

    /// Moves over one byte.
    pub(super) fn step(&mut self, byte: u8) {
        if self.in_string {
            self.step_in_string(byte);
            return;
        }
        match byte {
            b'"' => {
                self.in_string = true;
                self.in_key = self.depth == 1 && self.expect == Expect::Key;
                if self.in_key {
                    self.key.clear();
                }
            }
            b'{' | b'[' => {
                if self.depth == 1 {
                    self.expect = Expect::Next;
                }
                self.depth += 1;
                if self.depth == 1 {
                    self.expect = if byte == b'{' { Expect::Key } else { Expect::Next };
                }
            }
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            b',' if self.depth == 1 && self.expect == Expect::Next => self.expect = Expect::Key,
            b':' if self.depth == 1 && self.expect == Expect::Colon => self.expect = Expect::Value,
            _ if self.depth == 1 && self.expect == Expect::Value && !byte.is_ascii_whitespace() => {
                self.expect = Expect::Next;
            }
            _ => {}
        }
    }

    fn step_in_string(&mut self, byte: u8) {
        if self.escaped {
            self.escaped = false;
        } else if byte == b'\\' {
            self.escaped = true;
        } else if byte == b'"' {
            self.in_string = false;
            if self.depth == 1 {
                self.expect = if self.in_key { Expect::Colon } else { Expect::Next };
            }
            self.in_key = false;
            return;
        }
        if self.in_key && self.key.len() < Self::KEY_BYTES_MAX {
            self.key.push(byte);
        }
    }

    /// Whether a bare value at the list's own level is over before `byte`.
    pub(super) const fn ends_before(&self, byte: u8, is_first: bool) -> bool {
        self.depth == 0
            && !self.in_string
            && !is_first
            && (matches!(byte, b',' | b']' | b'}' | b'{' | b'[' | b'"' | b':') || byte.is_ascii_whitespace())
    }
}
