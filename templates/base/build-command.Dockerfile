{# The command that a person builds with, in place of the language's own. -#}
{{ ["sh", "-c", build_command] | shell }}