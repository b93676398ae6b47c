/* main.c - giaoviecd, the coordinator. */
#include "coordinator/giaoviecd.h"

int main(int argc, char **argv)
{
    return giaoviecd_main(argc, argv);
}
