struct a { int x : 33; uint23_t y; struct b c; } __attribute__((pakced));
