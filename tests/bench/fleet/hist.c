/* hist.c - buckets: exact below 64 us, then 64 to each power of two. */
#include "hist.h"

static unsigned bucket_of(uint64_t us)
{
    unsigned shift, bucket;

    if (us < (1u << HIST_BITS))
        return (unsigned)us;
    shift = 63u - (unsigned)__builtin_clzll(us) - HIST_BITS;
    bucket = ((shift + 1) << HIST_BITS) + (unsigned)((us >> shift) & ((1u << HIST_BITS) - 1));
    return bucket < HIST_BUCKETS ? bucket : HIST_BUCKETS - 1;
}

static uint64_t upper_end(unsigned bucket)
{
    unsigned shift = bucket >> HIST_BITS;
    uint64_t low = bucket & ((1u << HIST_BITS) - 1);

    if (shift == 0)
        return low;
    shift--;
    return (((1u << HIST_BITS) + low + 1) << shift) - 1;
}

void hist_add(struct hist *hist, uint64_t us)
{
    hist->at[bucket_of(us)]++;
    hist->count++;
    hist->sum += us;
    if (us > hist->max)
        hist->max = us;
}

void hist_sum(struct hist *into, const struct hist *from)
{
    for (unsigned i = 0; i < HIST_BUCKETS; i++)
        into->at[i] += from->at[i];
    into->count += from->count;
    into->sum += from->sum;
    if (from->max > into->max)
        into->max = from->max;
}

uint64_t hist_at(const struct hist *hist, double p)
{
    uint64_t rank = (uint64_t)(p * (double)hist->count), seen = 0;

    if (hist->count == 0)
        return 0;
    for (unsigned i = 0; i < HIST_BUCKETS; i++) {
        seen += hist->at[i];
        if (seen > rank)
            return upper_end(i) < hist->max ? upper_end(i) : hist->max;
    }
    return hist->max;
}

void hist_json(const struct hist *hist, FILE *out)
{
    fprintf(out,
            "{\"count\":%llu,\"mean_us\":%.1f,\"p50_us\":%llu,\"p90_us\":%llu,\"p99_us\":%llu,"
            "\"p999_us\":%llu,\"max_us\":%llu}",
            (unsigned long long)hist->count,
            hist->count > 0 ? (double)hist->sum / (double)hist->count : 0.0,
            (unsigned long long)hist_at(hist, 0.5), (unsigned long long)hist_at(hist, 0.9),
            (unsigned long long)hist_at(hist, 0.99), (unsigned long long)hist_at(hist, 0.999),
            (unsigned long long)hist->max);
}
