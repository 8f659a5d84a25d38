using K8sBackup.Model.Ids;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Writing;
using K8sBackup.TestKit.Repositories;

namespace K8sBackup.Repository.Tests.Reading;

public sealed class ReadPlanTests
{
    [Fact]
    public async Task Plan_FramesThatGrowAThousandfold_AreDecodedInBoundedSteps()
    {
        using TestRepository repository = await TestRepository.CreateAsync();
        List<ChunkId> chunks = [];
        await using (RepositoryWriter writer = await repository.OpenWriterAsync(options: new RepositoryWriterOptions()))
        {
            for (int i = 0; i < 20; i++)
            {
                byte[] zeros = new byte[4 << 20];
                zeros[0] = (byte)i;
                chunks.Add(await writer.AddAsync(zeros, default));
            }

            await writer.FlushAsync(default);
        }

        using OpenRepository reader = await repository.OpenAsync();
        ReadPlan plan = ReadPlan.Create(reader, chunks);

        // All are neighbours in a few kilobytes of one pack; 80 MiB of plaintext are five steps of 16 MiB.
        Assert.Equal(5, plan.RangeCount);
        List<ChunkId> read = [];
        await foreach (PlannedChunk chunk in plan.ReadAsync(default, rangesAhead: 1))
        {
            Assert.Null(chunk.Damage);
            read.Add(chunk.Id);
        }

        Assert.Equal(chunks, read);
        await RepositoryCheck.AssertSoundAsync(repository);
    }
}
