/* main.c - giaoviec-agent, the program that speaks for units. */
#include "agent/agent.h"

int main(int argc, char **argv)
{
    return agent_main(argc, argv);
}
