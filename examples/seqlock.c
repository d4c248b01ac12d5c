// A reader of two values that belong together takes no lock: it tries again if
// a writer was there meanwhile.
//
//   lockstep check seqlock.c              right
//   lockstep check seqlock.c -DNO_RETRY   takes what it has read
//
// lockstep: Assertion holds
// lockstep[-DNO_RETRY]: Assertion violated

#include <lockstep.h>
#include <linux/seqlock.h>

static DEFINE_SEQLOCK(lock);
static int seconds, nanoseconds;

LOCKSTEP_THREAD(writer)
{
	write_seqlock(&lock);
	WRITE_ONCE(seconds, 1);
	WRITE_ONCE(nanoseconds, 1);
	write_sequnlock(&lock);
}

LOCKSTEP_THREAD(reader)
{
	unsigned int seq;
	int s, ns;

	do {
		seq = read_seqbegin(&lock);
		s = READ_ONCE(seconds);
		ns = READ_ONCE(nanoseconds);
#ifdef NO_RETRY
		break;
#endif
	} while (read_seqretry(&lock, seq));
	assert(s == ns);
}
