import java.io.File;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.jgit.api.CloneCommand;
import org.eclipse.jgit.api.FetchCommand;
import org.eclipse.jgit.api.Git;
import org.eclipse.jgit.revwalk.RevCommit;

/** Clones, deepens and fetches with JGit: STEP URL FOLDER; prints the commits of origin/main, newest first. */
public class Client {
  public static void main(String[] arguments) throws Exception {
    String step = arguments[0];
    File folder = new File(arguments[2]);
    if (step.equals("clone") || step.equals("whole")) {
      CloneCommand clone = Git.cloneRepository().setURI(arguments[1]).setDirectory(folder);
      if (step.equals("clone")) {
        clone.setDepth(1);
      }
      clone.call().close();
    }
    try (Git git = Git.open(folder)) {
      if (step.equals("deepen") || step.equals("fetch")) {
        FetchCommand fetch = git.fetch();
        if (step.equals("deepen")) {
          fetch.setDepth(3);
        }
        fetch.call();
      }
      List<String> ids = new ArrayList<>();
      for (RevCommit commit : git.log().add(git.getRepository().resolve("refs/remotes/origin/main")).call()) {
        ids.add("\"" + commit.name() + "\"");
      }
      System.out.println("[" + String.join(", ", ids) + "]");
    }
  }
}
