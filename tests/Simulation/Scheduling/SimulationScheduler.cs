namespace K8sBackup.Simulation.Scheduling;

/// <summary>
/// Runs one simulated world on one thread: of what is ready, the seed chooses what goes next; time moves only when nothing is. The
/// process has a thread pool of a single thread (see the project file), and this scheduler itself is an item of that pool. Work
/// that production code hands to the pool past this scheduler (Task.Run, semaphores, channels, file streams) is therefore done
/// before the next choice, in an order that is always the same: the production code needs no seam, and nothing escapes.
/// </summary>
internal sealed class SimulationScheduler : TaskScheduler, IThreadPoolWorkItem, IDisposable
{
    private readonly Random _random;
    private readonly long _stepsMax;
    private readonly List<Task> _ready = [];
    private readonly PriorityQueue<Action, (long Time, long Number)> _events = new();
    private readonly ManualResetEventSlim _ended = new();
    private Task? _main;
    private Exception? _failure;
    private long _eventNumber;

    public SimulationScheduler(int seed, long stepsMax)
    {
        _random = new Random(seed);
        _stepsMax = stepsMax;
    }

    /// <summary>Virtual time in ticks of 100 ns since the world began.</summary>
    public long Now { get; private set; }

    /// <summary>Choices made so far.</summary>
    public long Steps { get; private set; }

    /// <summary>Runs the world to its end on the pool's thread; the caller's thread waits.</summary>
    public void Run(Func<Task> main)
    {
        _main = Start(main);
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        _ended.Wait();
        if (_failure is not null)
        {
            throw _failure;
        }
    }

    /// <summary>Starts an activity of the world.</summary>
    public Task Start(Func<Task> activity) =>
        Task.Factory.StartNew(activity, CancellationToken.None, TaskCreationOptions.DenyChildAttach, this).Unwrap();

    /// <summary>Starts an activity of the world that gives something.</summary>
    public Task<T> Start<T>(Func<Task<T>> activity) =>
        Task.Factory.StartNew(activity, CancellationToken.None, TaskCreationOptions.DenyChildAttach, this).Unwrap();

    /// <summary>Does something at a time, when nothing is ready that comes before.</summary>
    public void At(long time, Action action) => _events.Enqueue(action, (Math.Max(time, Now), _eventNumber++));

    /// <summary>Ends the world with a failure; the first one counts.</summary>
    public void Fail(Exception failure) => _failure ??= failure;

    /// <summary>One turn: until other work of the pool waits, the world has ended or failed.</summary>
    public void Execute()
    {
        try
        {
            while (_failure is null && !_main!.IsCompleted)
            {
                if (ThreadPool.PendingWorkItemCount > 0)
                {
                    ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                    return;
                }

                Step();
            }

            _failure ??= _main!.Exception?.GetBaseException();
        }
#pragma warning disable CA1031 // Not swallowed: the thread that waits throws it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _failure ??= e;
        }

        _ended.Set();
    }

    public void Dispose() => _ended.Dispose();

    protected override void QueueTask(Task task)
    {
        lock (_ready)
        {
            _ready.Add(task);
        }
    }

    // Nothing is run in passing: every continuation is a choice.
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => [.. _ready];

    private void Step()
    {
        if (++Steps > _stepsMax)
        {
            throw new SimulationException("I8", $"the world does not come to rest: {Steps} steps");
        }

        if (TakeReady() is { } task)
        {
            TryExecuteTask(task);
        }
        else if (_events.TryDequeue(out Action? action, out (long Time, long Number) due))
        {
            Now = due.Time;
            action();
        }
        else
        {
            throw new SimulationException("I8", "everybody waits, and nothing will happen any more");
        }
    }

    private Task? TakeReady()
    {
        lock (_ready)
        {
            if (_ready.Count == 0)
            {
                return null;
            }

            int choice = _random.Next(_ready.Count);
            Task task = _ready[choice];
            _ready[choice] = _ready[^1];
            _ready.RemoveAt(_ready.Count - 1);
            return task;
        }
    }
}
