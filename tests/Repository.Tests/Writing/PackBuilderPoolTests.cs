using K8sBackup.Repository.Format;
using K8sBackup.Repository.Packs;
using K8sBackup.Repository.Writing;
using K8sBackup.TestKit.Repositories;

namespace K8sBackup.Repository.Tests.Writing;

public sealed class PackBuilderPoolTests
{
    [Fact]
    public async Task Return_Builder_GivesItsPagesBackAndBuildsThePackAfterIt()
    {
        using TestRepository repository = await TestRepository.CreateAsync();
        using PackBuilderPool pool = new(2, 1 << 20);
        PackBuilder idle = await pool.TakeAsync(repository.Keys, default);
        PackBuilder busy = await pool.TakeAsync(repository.Keys, default);
        ReadOnlyMemory<byte> first = Fill(idle);
        ReadOnlyMemory<byte> kept = Fill(busy);
        byte[] before = kept.ToArray();

        pool.Return(idle);

        int page = Environment.SystemPageSize;
        Assert.False(first.Span[page..^page].ContainsAnyExcept((byte)0));
        Assert.Equal(before, kept.ToArray());
        PackBuilder again = await pool.TakeAsync(repository.Keys, default);
        Assert.Same(idle, again);
        Assert.Equal(before.Length, Fill(again).Length);
    }

    private static ReadOnlyMemory<byte> Fill(PackBuilder builder)
    {
        byte[] payload = new byte[900_000];
        new Random(1).NextBytes(payload);
        builder.Append(FrameEncoding.Raw, payload, [new PackChunk(new StoreChunkId(1, 2), payload.Length)]);
        return builder.Complete().Content;
    }
}
