import Scriptron

print(Scriptron.version)
