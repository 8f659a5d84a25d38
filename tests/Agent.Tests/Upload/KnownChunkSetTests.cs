using K8sBackup.Agent.Upload;
using K8sBackup.Model.Ids;

namespace K8sBackup.Agent.Tests.Upload;

public sealed class KnownChunkSetTests
{
    [Fact]
    public void Add_ManyIds_KnowsEachOfThemOnce()
    {
        using KnownChunkSet known = new();
        ChunkId[] ids = [.. Enumerable.Range(0, 20_000).Select(i => ChunkId.Of(BitConverter.GetBytes(i)))];

        Assert.All(ids, id => Assert.True(known.Add(id)));
        Assert.All(ids, id => Assert.False(known.Add(id)));
        Assert.Equal(ids.Length, known.Count);
    }
}
