// A program to be granted: it makes the system calls that its arguments name.
#include "CAttack.h"

int main(int count, char **words) {
    return attack(count - 1, words + 1);
}
