using System.Collections.Concurrent;

namespace K8sBackup.Grpc.Tests.Interop;

/// <summary>What interceptors saw, in order.</summary>
internal sealed class InterceptorJournal
{
    private readonly ConcurrentQueue<string> _entries = new();

    public void Add(string entry) => _entries.Enqueue(entry);

    public string[] Take()
    {
        string[] entries = [.. _entries];
        _entries.Clear();
        return entries;
    }
}
