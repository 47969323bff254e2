import Scriptron

// Before anything else: the zygote must stay a process of one thread.
if CommandLine.arguments.dropFirst().first == "zygote" { Zygote.main() }
print(Scriptron.version)
