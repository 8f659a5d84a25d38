using System.Globalization;

namespace K8sBackup.Demo;

/// <summary>Prints each step with the time it took, and all of them at the end.</summary>
internal sealed class StepLog
{
    private readonly TimeProvider _clock;
    private readonly List<(string Name, TimeSpan Time)> _steps = [];

    public StepLog(TimeProvider clock) => _clock = clock;

    /// <summary>The step begun last. It goes on for a while after a stop was asked for.</summary>
    public Task Current { get; private set; } = Task.CompletedTask;

    /// <summary>Runs a step; a stop that was asked for is not made to wait for its end.</summary>
    public async Task RunAsync(string name, Func<Task> step, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Console.WriteLine($"== {name}");
        long start = _clock.GetTimestamp();
        Current = step();
        await Current.WaitAsync(cancellationToken);
        TimeSpan time = _clock.GetElapsedTime(start);
        _steps.Add((name, time));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"   {time.TotalSeconds:0.0} s"));
    }

    /// <summary>A line below the current step.</summary>
    public static void Note(string text)
    {
        foreach (string line in text.TrimEnd().Split('\n'))
        {
            Console.WriteLine("   " + line);
        }
    }

    /// <summary>All steps with their times.</summary>
    public void PrintSummary()
    {
        Console.WriteLine();
        foreach ((string name, TimeSpan time) in _steps)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds,7:0.0} s  {name}"));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{_steps.Sum(s => s.Time.TotalSeconds),7:0.0} s  in all"));
        Console.WriteLine();
    }
}
