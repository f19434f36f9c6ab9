#include "reaptop/base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK_SIZE = 64 * 1024
};

struct arena_block {
    struct arena_block *older;
    size_t used;
    size_t size;
    alignas(max_align_t) char bytes[];
};

static void free_blocks(struct arena_block **blocks)
{
    while (*blocks) {
        struct arena_block *block = *blocks;
        *blocks = block->older;
        free(block);
    }
}

void arena_done(struct arena *arena)
{
    free_blocks(&arena->newest);
    free_blocks(&arena->spare);
}

void arena_clear(struct arena *arena)
{
    free_blocks(&arena->spare);
    while (arena->newest) {
        struct arena_block *block = arena->newest;
        arena->newest = block->older;
        if (block->size > BLOCK_SIZE) { /* one long string's */
            free(block);
            continue;
        }
        block->older = arena->spare;
        arena->spare = block;
    }
}

/* One of the usual size; NULL: there is none. */
static struct arena_block *take_spare(struct arena *arena)
{
    struct arena_block *block = arena->spare;
    if (block)
        arena->spare = block->older;
    return block;
}

static struct arena_block *add_block(struct arena *arena, size_t least)
{
    size_t size = least > BLOCK_SIZE ? least : BLOCK_SIZE;
    struct arena_block *block = size == BLOCK_SIZE ? take_spare(arena) : NULL;
    if (!block)
        block = malloc(sizeof(*block) + size);
    if (!block)
        return NULL;
    block->older = arena->newest;
    block->used = 0;
    block->size = size;
    arena->newest = block;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    const size_t align = alignof(max_align_t);
    if (size > SIZE_MAX / 2)
        return NULL;
    size_t rounded = (size + align - 1) / align * align;

    struct arena_block *block = arena->newest;
    if (!block || block->size - block->used < rounded)
        block = add_block(arena, rounded);
    if (!block)
        return NULL;

    void *memory = block->bytes + block->used;
    block->used += rounded;
    return memset(memory, 0, rounded);
}

char *arena_strndup(struct arena *arena, const char *bytes, size_t length)
{
    char *copy = arena_alloc(arena, length + 1);
    if (copy && length > 0)
        memcpy(copy, bytes, length);
    return copy;
}

char *arena_strdup(struct arena *arena, const char *string)
{
    return string ? arena_strndup(arena, string, strlen(string)) : NULL;
}
