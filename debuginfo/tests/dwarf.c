// A small kernel-shaped program for dwarf.rs: compiled with debug information of several versions, never run.

enum color { RED, GREEN = 5, DEEP = -3 };
typedef unsigned int u32;
typedef struct { u32 val; } kuid_t;

struct list { struct list *next, **tail; };

struct task {
	int pid;
	unsigned int low : 3;
	int mid : 10;
	enum color hue : 4;
	unsigned long long wide : 40;
	char comm[16];
	union {
		kuid_t uid;
		struct { short first, second; };
	};
	const struct list *const links;
	int table[2][3];
	_Bool ready;
	double weight;
	int (*hook)(struct task *, const char *);
	struct unknown *opaque;
	unsigned char flexible[];
};

struct task init_task;
extern unsigned long jiffies;
unsigned long jiffies = 1;
static int counter = 7;
int runqueues __attribute__((section(".data..percpu"))) = 3;
enum color paint = GREEN;
enum { NAMELESS = 77 } nameless;

int _start(void)
{
	return init_task.pid + counter + runqueues + paint + nameless + (int)jiffies;
}
