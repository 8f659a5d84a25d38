using Grpc.Core;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Tests.Support;

/// <summary>Hands out prepared restore items; breaks, or leaves Done out, when told to.</summary>
public sealed class FakeDownload : Transport.V1.Download.DownloadBase
{
    private int _fetches;

    public List<RestoreItem> Items { get; } = [];

    /// <summary>For each coming fetch: break with UNAVAILABLE after this many items.</summary>
    public Queue<int> BreakAfterItems { get; } = new();

    /// <summary>Answers the next fetches with this instead.</summary>
    public Queue<Status> Refusals { get; } = new();

    /// <summary>Called before each item with its number.</summary>
    public Action<int>? BeforeItem { get; set; }

    public bool WithoutDone { get; set; }

    public int Fetches => Volatile.Read(ref _fetches);

    public override async Task Fetch(FetchRequest request, IServerStreamWriter<RestoreMessage> responseStream, ServerCallContext context)
    {
        Interlocked.Increment(ref _fetches);
        if (Refusals.TryDequeue(out Status status))
        {
            throw new RpcException(status);
        }

        int left = BreakAfterItems.TryDequeue(out int items) ? items : int.MaxValue;
        foreach (RestoreItem item in Items)
        {
            if (left-- == 0)
            {
                throw new RpcException(new Status(StatusCode.Unavailable, "The coordinator went away."));
            }

            BeforeItem?.Invoke(Items.IndexOf(item));
            await responseStream.WriteAsync(new RestoreMessage { Items = { item } });
        }

        if (!WithoutDone)
        {
            Done done = new()
            {
                Entries = Items.Count(item => item.ItemCase == RestoreItem.ItemOneofCase.Entry),
                Bytes = Items.Sum(item => item.Data?.Take ?? 0L),
            };
            await responseStream.WriteAsync(new RestoreMessage { Items = { new RestoreItem { Done = done } } });
        }
    }
}
