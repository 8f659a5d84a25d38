namespace K8sBackup.ObjectStore.Measuring;

/// <summary>Adds up one kind of call. Thread-safe.</summary>
internal sealed class OperationTally
{
    private readonly Lock _gate = new();
    private OperationStatistics _sum = new(0, 0, 0, 0, 0, TimeSpan.Zero, TimeSpan.Zero);

    public void Add(bool isOk, long bytesSent, long bytesReceived, TimeSpan duration)
    {
        lock (_gate)
        {
            _sum = _sum with
            {
                Calls = _sum.Calls + 1,
                Failures = _sum.Failures + (isOk ? 0 : 1),
                BytesSent = _sum.BytesSent + bytesSent,
                BytesReceived = _sum.BytesReceived + bytesReceived,
                TotalTime = _sum.TotalTime + duration,
                LongestTime = duration > _sum.LongestTime ? duration : _sum.LongestTime,
            };
        }
    }

    public void AddRetry()
    {
        lock (_gate)
        {
            _sum = _sum with { Retries = _sum.Retries + 1 };
        }
    }

    public OperationStatistics Read()
    {
        lock (_gate)
        {
            return _sum;
        }
    }
}
