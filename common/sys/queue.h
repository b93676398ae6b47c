/* queue.h - see work_queue.h. */
#include "sys/work_queue.h"
